/** What a profile can be made of. */
export const importKinds = ['har', 'curl', 'openapi'] as const
export type ImportKind = (typeof importKinds)[number]
