/** One thing that a run needs, and whether it is there. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
