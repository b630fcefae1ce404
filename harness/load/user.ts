/** How an iteration ended; `exhausted`: it could not begin, since a feed has no row left. */
export type IterationEnd = 'ok' | 'failed' | 'interrupted' | 'exhausted'

/** Carries out iterations, one at a time. */
export interface LoadUser {
  /** Begins an iteration that was to start at `intendedNs`; its end is told to the owner. */
  begin(intendedNs: number, nowNs: number): void
  /** The load has ended: what is in flight goes on to its end, and what only waits ends now, as interrupted. */
  end(nowNs: number): void
  /** The drain is over: what is in flight is cut off, and ends as interrupted. */
  cutOff(nowNs: number): void
}

/** The load model that a user belongs to; it may begin the next iteration within the call. */
export interface UserOwner {
  iterationEnded(user: LoadUser, end: IterationEnd, nowNs: number): void
}

/** Makes a user; numbers count from 0 in one worker. */
export type CreateUser = (number: number, owner: UserOwner) => LoadUser
