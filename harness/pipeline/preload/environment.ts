import { serialize } from 'node:v8'
import { faultsVariable, type PreloadSettings, readyKey } from './settings.ts'

/**
 * What a command of Node needs in its environment for these rules to act on its own calls, and on those of the commands of
 * Node that it starts; `nodeOptions` is what `NODE_OPTIONS` holds already.
 */
export function preloadEnvironment(
  { seed, rules, allowedHosts, report }: PreloadSettings,
  nodeOptions: string | undefined,
): Readonly<Record<string, string>> {
  const { url } = import.meta
  const entry = new URL(`process${url.slice(url.lastIndexOf('.'))}`, url)
  const ready = serialize(rules).toString('base64')
  return {
    NODE_OPTIONS: [nodeOptions, `--import=${entry.href}`].filter(Boolean).join(' '),
    [faultsVariable]: JSON.stringify({
      seed,
      allowHosts: allowedHosts,
      ...(report !== null && { report }),
      [readyKey]: ready,
    }),
  }
}
