/** One limit that was held against what was measured. */
export interface ResultLimit {
  readonly kind: string
  readonly scope: string
  readonly expr: string
  readonly actual: number | null
  readonly limit: number
  readonly ok: boolean
  readonly window?: { readonly fromMs: number; readonly toMs: number }
}
