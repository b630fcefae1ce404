import { mannKendall } from '../stats/mann-kendall.ts'
import { theilSen } from '../stats/theil-sen.ts'

/** The slope of values that were taken at even distances, per distance, and whether it is surely below 0. */
export interface Trend {
  readonly slope: number
  readonly falls: boolean
}

/** One-sided 99 % of the normal distribution: a level that only wavers is called falling once in a hundred times. */
const surely = 2.326

/** By Theil and Sen, and by Mann and Kendall: fewer than six values never surely fall. 0 of less than two. */
export function trendOf(values: readonly number[]): Trend {
  const { slope } = theilSen([...values.keys()], values)
  return { slope, falls: values.length >= 6 && mannKendall(values).z < -surely }
}
