/** What an option of curl is to an import: its name, and whether a value follows. */
export interface CurlOption {
  readonly name: string
  readonly value: string | null
}

/** Options that a value follows (curl 8); all others stand alone. */
const valued = new Set(
  `abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to
  continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode
  delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine
  etag-compare etag-save expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
  happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json
  keepalive-cnt keepalive-time key key-type krb libcurl limit-rate local-port login-options mail-auth mail-from
  mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max pass
  pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type
  proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name
  proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file
  range rate referer request request-target resolve retry retry-delay retry-max-time sasl-authzid service-name
  sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time stderr telnet-option
  tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config
  unix-socket upload-file url url-query user user-agent variable vlan-priority write-out`.split(/\s+/u),
)

const shorts: Readonly<Record<string, string>> = {
  '0': 'http1.0',
  '1': 'tlsv1',
  '4': 'ipv4',
  '6': 'ipv6',
  '#': 'progress-bar',
  ':': 'next',
  a: 'append',
  A: 'user-agent',
  b: 'cookie',
  B: 'use-ascii',
  c: 'cookie-jar',
  C: 'continue-at',
  d: 'data',
  D: 'dump-header',
  e: 'referer',
  E: 'cert',
  f: 'fail',
  F: 'form',
  g: 'globoff',
  G: 'get',
  H: 'header',
  i: 'include',
  I: 'head',
  j: 'junk-session-cookies',
  J: 'remote-header-name',
  k: 'insecure',
  K: 'config',
  l: 'list-only',
  L: 'location',
  m: 'max-time',
  n: 'netrc',
  N: 'no-buffer',
  o: 'output',
  O: 'remote-name',
  p: 'proxytunnel',
  P: 'ftp-port',
  q: 'disable',
  Q: 'quote',
  r: 'range',
  R: 'remote-time',
  s: 'silent',
  S: 'show-error',
  t: 'telnet-option',
  T: 'upload-file',
  u: 'user',
  U: 'proxy-user',
  v: 'verbose',
  w: 'write-out',
  x: 'proxy',
  X: 'request',
  y: 'speed-time',
  Y: 'speed-limit',
  z: 'time-cond',
  Z: 'parallel',
}

/** Options that change what curl shows or keeps, and nothing of the request. */
export const outputOptions: ReadonlySet<string> = new Set(
  `silent show-error verbose include fail fail-early fail-with-body output output-dir remote-name remote-name-all
  remote-header-name remote-time remove-on-error progress-bar no-progress-meter write-out dump-header stderr trace
  trace-ascii trace-time trace-config trace-ids styled-output no-buffer create-dirs no-clobber libcurl globoff
  parallel parallel-immediate parallel-max cookie-jar disable`.split(/\s+/u),
)

/** The options and the urls of one curl command, in order; a url has the name `url`. Short ones may stand together, with their value. */
export function curlOptions(words: readonly string[]): CurlOption[] {
  const options: CurlOption[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string
    const next = (): string => words[++index] ?? ''
    if (word.startsWith('--') && word.length > 2) {
      const name = word.slice(2)
      options.push({ name, value: valued.has(name) ? next() : null })
    } else if (word.startsWith('-') && word.length > 1) options.push(...shortOptions(word.slice(1), next))
    else if (word !== '--') options.push({ name: 'url', value: word })
  }
  return options
}

function shortOptions(letters: string, next: () => string): CurlOption[] {
  const options: CurlOption[] = []
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at)
    const name = shorts[letter] ?? letter
    if (!valued.has(name)) {
      options.push({ name, value: null })
      continue
    }
    const attached = letters.slice(at + 1)
    options.push({ name, value: attached === '' ? next() : attached })
    break
  }
  return options
}
