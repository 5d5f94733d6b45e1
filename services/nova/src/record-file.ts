// Files that a crash, also one of the whole host, leaves as they were or as they were to be, and never half.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The object that was written last; undefined when there is none, or the disk has lost what was in the file. */
export function readRecord(file: string): object | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null ? found : undefined
  } catch {
    return undefined
  }
}

/** Replaces a file in one step, with mode 0600. @throws the system's error; the old file stays */
export function writeRecord(file: string, record: object): void {
  const unfinished = unfinishedOf(file)
  try {
    writeFileSync(unfinished, JSON.stringify(record), { mode: 0o600, flush: true })
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  syncDirectory(dirname(file))
}

/** Removes a file and what a writer that died has left of it. */
export function removeRecord(file: string): void {
  rmSync(file, { force: true })
  rmSync(unfinishedOf(file), { force: true })
}

/** Gives a whole file its name, once its content is sure to stay. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  const file = await open(from, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(from, to)
  syncDirectory(dirname(to))
}

/** Makes names that were given or taken away in a directory stay so. */
export function syncDirectory(directory: string): void {
  const opened = openSync(directory, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

function unfinishedOf(file: string): string {
  return `${file}.new`
}
