import { describe, expect, test, vi } from 'vitest'
import { environment, nodeBinary, ownPid, sendSignal, workingDirectory } from '../../../harness/kernel/host.ts'

describe('the host', () => {
  test('tells of this process', () => {
    expect([ownPid, nodeBinary, workingDirectory()]).toEqual([process.pid, process.execPath, process.cwd()])
  })

  test('hands out a copy of the environment', () => {
    vi.stubEnv('SOAKRIG_TEST', 'here')
    const copy = environment()
    expect(copy['SOAKRIG_TEST']).toBe('here')
    copy['SOAKRIG_TEST'] = 'changed'
    expect(process.env['SOAKRIG_TEST']).toBe('here')
  })

  test('says whether there was a process to signal', () => {
    expect(sendSignal(process.pid, 0)).toBe(true)
    // Above the largest pid that Linux gives.
    expect(sendSignal(2 ** 22 + 1, 0)).toBe(false)
  })
})
