/** One limit that was held against what was measured. */
export interface ResultLimit {
  readonly kind: string
  readonly scope: string
  readonly expr: string
  readonly actual: number | null
  /** What the expression came to; null where it is relative to what there is not. */
  readonly limit: number | null
  readonly ok: boolean
  /** Of what the target uses. */
  readonly unit?: string
  readonly window?: { readonly fromMs: number; readonly toMs: number }
  /** Why it was not judged, and so neither kept nor broken; absent where it was. */
  readonly why?: string
}
