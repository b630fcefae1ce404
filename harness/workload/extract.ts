/** Takes a value out of a reply, for later steps of the same iteration; one that is not there is a failed check. */
export type Extraction = { readonly name: string } & (
  | { readonly kind: 'json'; readonly pointer: string }
  | { readonly kind: 'header'; readonly header: string }
  /** The first group, or the whole match where there is none. */
  | { readonly kind: 'matches'; readonly pattern: string }
)
