import { failureClassOf } from '../classify.ts'
import { isOwnRefusal, isSuccess } from '../outcome.ts'
import type { RetryBudget } from './retry-budget.ts'

/** gRPC's throttling of retries. */
export interface GrpcSettings {
  readonly kind: 'grpc'
  readonly maxTokens: number
  /** What a success gives back. */
  readonly tokenRatio: number
}

/** What is lost when ratios are added up. */
const rounding = 1e-9

/**
 * The bucket of gRPC's proposal A6: it starts full, each failed attempt takes a token, each success gives `tokenRatio`
 * back, and an extra attempt is made only while more than half of them are there. Failures that no repetition would mend
 * take nothing unless one is asked for all the same, and what the client refused by itself never does.
 */
export function openGrpcBudget({ maxTokens, tokenRatio }: GrpcSettings): RetryBudget {
  let tokens = maxTokens
  const take = (): void => {
    tokens = Math.max(0, tokens - 1)
  }
  return {
    begun: () => {},
    ended(outcome) {
      if (isSuccess(outcome)) tokens = Math.min(maxTokens, tokens + tokenRatio)
      else if (failureClassOf(outcome) === 'transient') take()
    },
    withdraw(outcome) {
      const counted = outcome === null || isOwnRefusal(outcome) || failureClassOf(outcome) === 'transient'
      if (!counted) take()
      return tokens > maxTokens / 2 + rounding
    },
    returned: () => {},
  }
}
