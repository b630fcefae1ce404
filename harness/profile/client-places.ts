import { isRecord, step } from '../kernel/json.ts'

/** A document, as far as it has clients. */
export interface ClientHolders {
  readonly policies?: unknown
  readonly stress?: unknown
}

/** A `client` of a document, and where. */
interface ClientPlace {
  readonly client: unknown
  readonly where: string
}

/** Each `client` of a document: those of policies, and those of the stress stage by mode. */
export function clientPlaces({ policies, stress }: ClientHolders): readonly ClientPlace[] {
  return Object.entries({ policies, stress }).flatMap(([key, holders]) =>
    Object.entries(isRecord(holders) ? holders : {}).flatMap(([name, holder]) =>
      isRecord(holder) && holder['client'] !== undefined
        ? [{ client: holder['client'], where: `/${key}${step(name)}/client` }]
        : [],
    ),
  )
}
