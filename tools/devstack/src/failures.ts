import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Written by the supervisor, read by `status`.
const fileOf = (runDirectory: string, name: string) => join(runDirectory, `${name}.failures`)

/** How often in a row a service ended soon after its start; 0 for one that goes on running. */
export function failuresOf(runDirectory: string, name: string): number {
  try {
    return Number(readFileSync(fileOf(runDirectory, name), 'utf8')) || 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

export function writeFailures(runDirectory: string, name: string, failures: number): void {
  writeFileSync(fileOf(runDirectory, name), `${failures}\n`)
}

export function forgetFailures(runDirectory: string, name: string): void {
  rmSync(fileOf(runDirectory, name), { force: true })
}
