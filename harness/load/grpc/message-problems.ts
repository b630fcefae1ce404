import type { Problem } from '../../kernel/errors.ts'
import { found, isRecord, step } from '../../kernel/json.ts'
import { didYouMean, quoted } from '../../kernel/suggest.ts'
import type { EnumDescriptor, FieldDescriptor, MessageDescriptor, MessageTypes, NamedType } from './message-types.ts'

const integer = { allowed: 'a whole number', matches: isInteger }
const float = { allowed: 'a number', matches: isFloat }

/** What the values of a field may be, by its type; the same in lists and maps. Numbers may be texts, as templates make them. */
const scalars: Readonly<Record<string, { readonly allowed: string; matches(value: unknown): boolean }>> = {
  TYPE_STRING: { allowed: 'a text', matches: (value) => typeof value === 'string' },
  TYPE_BYTES: { allowed: 'a text in base64', matches: (value) => typeof value === 'string' && isBase64(value) },
  TYPE_BOOL: { allowed: 'true or false', matches: (value) => typeof value === 'boolean' },
  TYPE_DOUBLE: float,
  TYPE_FLOAT: float,
  ...Object.fromEntries(
    ['INT32', 'INT64', 'UINT32', 'UINT64', 'SINT32', 'SINT64', 'FIXED32', 'FIXED64', 'SFIXED32', 'SFIXED64'].map(
      (name) => [`TYPE_${name}`, integer],
    ),
  ),
}

/** What of a message its type does not know, which protobuf would leave out or take for 0 without a word. */
export function messageProblems(
  types: MessageTypes,
  { fullName, descriptor }: NamedType<MessageDescriptor>,
  message: unknown,
  where: string,
): Problem[] {
  if (!isRecord(message)) return [problem(where, message, `an object: ${fullName}`)]
  const names = descriptor.field.map(({ name }) => name)
  return Object.entries(message).flatMap(([name, value]) => {
    const at = where + step(name)
    const field = descriptor.field.find((one) => one.name === name)
    if (field) return fieldProblems(types, field, fullName, value, at)
    const fields = names.length > 0 ? `its fields are ${quoted(names)}` : 'it has no fields'
    return [
      { where: at, message: `${fullName} has no field ${JSON.stringify(name)}: ${fields}${didYouMean(name, names)}` },
    ]
  })
}

function fieldProblems(
  types: MessageTypes,
  field: FieldDescriptor,
  within: string,
  value: unknown,
  at: string,
): Problem[] {
  // As good as absent, in the JSON mapping of protobuf.
  if (value === null) return []
  const type = field.typeName ? types.resolve(field.typeName, within) : undefined
  if (field.label !== 'LABEL_REPEATED') return valueProblems(types, field, type, value, at)
  const entry = type && isMessage(type) && type.descriptor.options?.mapEntry ? type : null
  if (entry) return mapProblems(types, entry, value, at)
  if (!Array.isArray(value)) return [problem(at, value, 'a list')]
  return value.flatMap((item: unknown, index) => valueProblems(types, field, type, item, at + step(index)))
}

function mapProblems(types: MessageTypes, entry: NamedType<MessageDescriptor>, value: unknown, at: string): Problem[] {
  const held = entry.descriptor.field.find(({ name }) => name === 'value')
  if (!isRecord(value)) return [problem(at, value, 'an object')]
  if (!held) return []
  const type = held.typeName ? types.resolve(held.typeName, entry.fullName) : undefined
  return Object.entries(value).flatMap(([key, item]) => valueProblems(types, held, type, item, at + step(key)))
}

function valueProblems(
  types: MessageTypes,
  field: FieldDescriptor,
  type: NamedType | undefined,
  value: unknown,
  at: string,
): Problem[] {
  if (type)
    return isMessage(type)
      ? messageProblems(types, type, value, at)
      : enumProblems(type.descriptor as EnumDescriptor, value, at)
  const scalar = scalars[field.type]
  return !scalar || scalar.matches(value) ? [] : [problem(at, value, scalar.allowed)]
}

function enumProblems({ value: values }: EnumDescriptor, value: unknown, at: string): Problem[] {
  const names = values.map(({ name }) => name)
  if (Number.isInteger(value) || (typeof value === 'string' && names.includes(value))) return []
  const meant = typeof value === 'string' ? didYouMean(value, names) : ''
  return [{ where: at, message: `found ${found(value)}, allowed: ${quoted(names)}${meant}` }]
}

function isMessage(type: NamedType): type is NamedType<MessageDescriptor> {
  return 'field' in type.descriptor
}

function problem(where: string, value: unknown, allowed: string): Problem {
  return { where, message: `found ${found(value)}, allowed: ${allowed}` }
}

function isInteger(value: unknown): boolean {
  return Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/u.test(value))
}

function isFloat(value: unknown): boolean {
  if (typeof value === 'number') return true
  return typeof value === 'string' && value.trim() !== '' && (value === 'NaN' || !Number.isNaN(Number(value)))
}

/** Both alphabets of RFC 4648, with or without padding. */
function isBase64(text: string): boolean {
  return /^[\w+/-]*={0,2}$/u.test(text)
}
