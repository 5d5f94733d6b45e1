import { existsSync } from 'node:fs'
import { lockDirectory } from '@longhaul/oslo/concurrency'
import { DevstackError } from './errors.ts'
import type { StateDirectory } from './state-directory.ts'

/**
 * Does work that changes a cloud, unless another command is at it.
 *
 * @throws DevstackError `directory_in_use`
 */
export async function alone<T>(state: StateDirectory, work: () => Promise<T>): Promise<T> {
  if (!existsSync(state.root)) return await work()
  const release = await lockDirectory(state.root, 'up-or-down').catch(refused(state))
  try {
    return await work()
  } finally {
    await release()
  }
}

function refused(state: StateDirectory) {
  return (error: unknown): never => {
    if ((error as { code?: unknown }).code !== 'directory_in_use') throw error
    throw new DevstackError(
      'directory_in_use',
      `another "longhaul up" or "longhaul down" works with ${state.root}; wait for its end`,
    )
  }
}
