/**
 * Rows that iterations take, read once from a CSV or JSON file; `{{name.column}}` in a message.
 * `sequential` wraps around, `random` draws by the seed, `unique` gives each row once and then ends the load.
 */
export interface Feed {
  readonly name: string
  readonly order: 'sequential' | 'random' | 'unique'
  readonly rows: readonly Readonly<Record<string, string>>[]
}
