import type { RuleTester } from 'oxlint/plugins-dev'

type Rule = Parameters<RuleTester['run']>[1]

const message = 'Time is passed in: use the clock of harness/kernel.'

/** Denies `new Date()` and `Date()`, which read the clock; `new Date(value)` only converts. */
const noWallClock: Rule = {
  create: (context) => ({
    NewExpression(node) {
      const { callee } = node
      const isDate = callee.type === 'Identifier' && callee.name === 'Date'
      if (isDate && node.arguments.length === 0) context.report({ node, message })
    },
    CallExpression(node) {
      const { callee } = node
      if (callee.type === 'Identifier' && callee.name === 'Date') context.report({ node, message })
    },
  }),
}

export default { meta: { name: 'soakrig' }, rules: { 'no-wall-clock': noWallClock } }
