/** What the API answers instead of what was asked for, in Toxiproxy's form: `{"error", "status"}`. */
export class ApiFailure extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

/** 400, as for everything that is wrong with a body. */
export function badBody(what: string): ApiFailure {
  return new ApiFailure(`bad request body: ${what}`, 400)
}

/** 400 for a field that has to be there. */
export function missingField(what: string): ApiFailure {
  return new ApiFailure(`missing required field: ${what}`, 400)
}

export const proxyNotFound = (): ApiFailure => new ApiFailure('proxy not found', 404)
export const proxyExists = (): ApiFailure => new ApiFailure('proxy already exists', 409)
export const toxicNotFound = (): ApiFailure => new ApiFailure('toxic not found', 404)
export const toxicExists = (): ApiFailure => new ApiFailure('toxic already exists', 409)
