/** Headers that frame the message: they are made from the body, and a wrong one would cut requests in two. */
export const framingHeaders: readonly string[] = ['connection', 'content-length', 'transfer-encoding']

/** True for a field name of RFC 9110 (section 5.1). */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/u.test(name)
}

/** True for one line of Latin-1 text: anything else would be cut to one byte when it is sent, and might end the line. */
export function isHeaderValue(value: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/u.test(value)
}

/** True for the name of gRPC metadata that a call may carry: no pseudo-header, and none of gRPC's own. */
export function isMetadataName(name: string): boolean {
  return /^[0-9a-z_.-]+$/iu.test(name) && !/^grpc-/iu.test(name)
}

/** True for printable ASCII, which gRPC metadata must be. */
export function isMetadataValue(value: string): boolean {
  return /^[ -~]*$/u.test(value)
}
