import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { objectSchema, quantitySchema } from '../../../harness/kernel/json-schema.ts'
import { parseQuantity, quantities, type QuantityName } from '../../../harness/kernel/units.ts'

const names = Object.keys(quantities) as QuantityName[]
const ajv = new Ajv({ strictTypes: false })
ajv.addKeyword('quantity')

describe('the schema of a quantity', () => {
  test.each(names)(
    'for editors lets pass what the units of %s let pass, and no text without a unit that needs one',
    (name) => {
      const validate = ajv.compile(quantitySchema(name, 'text'))
      const units = Object.keys(quantities[name].units)
      const good = units.flatMap((unit) => [`1${unit}`, `.5${unit}`, `0.25 ${unit}`])
      const bad = ['', 'soon', '-1s', `1${units[0]}${units[0]}`, `1.2.3${units[0]}`, null, {}]
      for (const text of good) expect([text, validate(text)]).toEqual([text, true])
      for (const text of bad)
        expect([text, validate(text), 'problem' in parseQuantity(name, text)]).toEqual([text, false, true])
      expect(validate(0.5)).toBe(name === 'share')
    },
  )

  test('is described with its examples', () => {
    expect(quantitySchema('duration', 'how long')['description']).toBe(`how long (${quantities.duration.example})`)
  })
})

describe('the schema of an object', () => {
  const schema = objectSchema({ a: { type: 'number' }, b: {} }, { required: ['a'], description: 'two things' })

  test.each([
    [{ a: 1 }, true],
    [{ a: 1, b: 2 }, true],
    [{ b: 2 }, false],
    [{ a: 1, c: 2 }, false],
    [{ a: '1' }, false],
    [[], false],
  ])('finds %j valid: %s', (value, valid) => {
    expect(ajv.validate(schema, value)).toBe(valid)
  })

  test('says nothing of what it was not given', () => {
    expect(objectSchema({})).toEqual({ type: 'object', properties: {}, additionalProperties: false })
  })
})
