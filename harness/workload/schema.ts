import { isRecord } from '../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { expectSchema } from './expectation.ts'
import { extractSchema } from './extraction-settings.ts'
import { feedsSchema } from './feed-file.ts'
import { pauseSchema } from './pause.ts'
import type { AnyMember } from './requests.ts'
import { protocols } from './protocols/protocols.ts'

const keywords = Object.keys(protocols)

const weight = {
  type: 'number',
  exclusiveMinimum: 0,
  default: 1,
  description: 'Part in the mix, relative to the others',
}

type Properties = Readonly<Record<string, JsonSchema>>

/** The keys of every request, whatever the protocol. */
function requestSchema(member: AnyMember, own: Properties, description: string): JsonSchema {
  const { properties, required = [], rules } = member.request
  return {
    ...objectSchema(
      {
        name: {
          type: 'string',
          minLength: 1,
          maxLength: 80,
          description: 'Unique name; made of what is sent when absent',
        },
        ...own,
        ...properties,
        expect: expectSchema(member),
        ...(member.extracts.length > 0 && { extract: extractSchema(member.extracts) }),
        pause: pauseSchema('Wait before it'),
        idempotent: { type: 'boolean', description: 'May be sent twice; by the HTTP method when absent, else false' },
      },
      { required, description },
    ),
    ...(rules && { allOf: rules }),
  }
}

/** What a workload of one protocol may hold. */
function schemaOf(member: AnyMember, ofRequests: Properties): JsonSchema {
  const { properties, required = [], rules = [] } = member.connection
  const named = { anyOf: [{ required: ['scenarios'] }, { required: ['script'] }] }
  const standard = member.defaultRequests
    ? [{ if: { not: named }, then: { properties: { requests: { default: member.defaultRequests } } } }]
    : []
  return {
    ...objectSchema(
      {
        protocol: { enum: [member.keyword], description: 'Protocol of the requests' },
        timeout: { ...quantitySchema('duration', 'Limit of one attempt'), default: '5s' },
        ...properties,
        requests: {
          type: 'array',
          items: requestSchema(member, { weight, ...ofRequests }, 'One kind of request'),
          minItems: 1,
          description: 'The mix of requests; each iteration draws one by weight',
        },
        scenarios: {
          type: 'array',
          items: objectSchema(
            {
              name: { type: 'string', minLength: 1, maxLength: 80, description: 'Unique name' },
              weight,
              steps: {
                type: 'array',
                items: requestSchema(member, ofRequests, 'One step'),
                minItems: 1,
                description: 'Requests in order; the first that fails ends the iteration',
              },
            },
            { required: ['name', 'steps'], description: 'What one iteration does' },
          ),
          minItems: 1,
          description: 'Iterations of several steps; each draws one by weight',
        },
        script: {
          type: 'string',
          minLength: 1,
          description: 'A module whose default export is an iteration; relative to the profile',
        },
        variables: {
          type: 'object',
          additionalProperties: { type: 'string' },
          default: {},
          description: 'Texts by name: {{name}} in a message',
        },
        feeds: feedsSchema,
      },
      { required, description: 'What is asked of the target' },
    ),
    ...([...rules, ...standard].length > 0 && { allOf: [...rules, ...standard] }),
  }
}

const members = Object.values(protocols as unknown as Readonly<Record<string, AnyMember>>)

/**
 * Schema of a profile's `workload`; the protocol decides what may stand beside it. For a document whose protocol is known
 * the others may be left out, which makes the schema much smaller and says the same of that document. `ofRequests` are
 * keys that requests have besides.
 */
export function workloadSchema(only?: string, ofRequests: Properties = {}): JsonSchema {
  const needed = members.filter(({ keyword }) => keyword === only)
  return {
    description: 'What is asked of the target',
    type: 'object',
    properties: { protocol: { enum: keywords, default: keywords[0], description: 'Protocol of the requests' } },
    allOf: (needed.length > 0 ? needed : members).map((member) => ({
      if: {
        properties: { protocol: { const: member.keyword } },
        ...(member.keyword !== keywords[0] && { required: ['protocol'] }),
      },
      then: schemaOf(member, ofRequests),
    })),
    default: {},
  }
}

/** The protocol that a document's workload is read as; undefined where it names none that there is. */
export function protocolOf(workload: unknown): string | undefined {
  if (workload === undefined) return keywords[0]
  const { protocol = keywords[0] } = isRecord(workload) ? workload : { protocol: undefined }
  return keywords.find((keyword) => keyword === protocol)
}
