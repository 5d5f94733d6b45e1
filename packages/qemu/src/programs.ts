import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const systemProgram = 'qemu-system-x86_64'
const imageProgram = 'qemu-img'
const storageProgram = 'qemu-storage-daemon'
/** Debian's packages with the programs, in the order of an install command. */
const packages = 'qemu-system-x86 qemu-utils'

/** QEMU is not installed, or a part of it. */
export class QemuMissingError extends Error {
  readonly code = 'qemu_missing'

  constructor(missing: readonly string[], options?: ErrorOptions) {
    const install = `on Debian, apt-get install ${packages}`
    super(`QEMU is not installed (missing: ${missing.join(', ')}): ${install}`, options)
    this.name = 'QemuMissingError'
  }
}

/** `qemu-img` refused; the message is its own. */
export class QemuImgError extends Error {
  readonly code = 'qemu_img_failed'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'QemuImgError'
  }
}

/**
 * Where QEMU's programs are, by the `PATH`.
 *
 * @throws QemuMissingError naming what is missing and Debian's packages
 */
export async function findQemu(): Promise<{ system: string; img: string; version: string }> {
  const system = await onPath(systemProgram)
  const img = await onPath(imageProgram)
  const missing = [...(system ? [] : [systemProgram]), ...(img ? [] : [imageProgram])]
  if (!system || !img) throw new QemuMissingError(missing)
  const { stdout } = await run(system, ['--version'])
  return { system, img, version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown' }
}

/**
 * Where the program is that serves images to other processes.
 *
 * @throws QemuMissingError
 */
export async function findStorageDaemon(): Promise<string> {
  const found = await onPath(storageProgram)
  if (found === undefined) throw new QemuMissingError([storageProgram])
  return found
}

async function onPath(program: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, program)
    const executable = await access(path, constants.X_OK).then(
      () => directory !== '',
      () => false,
    )
    if (executable) return path
  }
  return undefined
}

/**
 * Runs `qemu-img` without a shell and gives what it prints.
 *
 * @param options.accepted exit statuses that are no failure; default 0 alone
 * @param options.signal ends the program; the promise is rejected with the signal's AbortError
 * @throws QemuImgError, QemuMissingError
 */
export async function qemuImg(
  parameters: readonly string[],
  options: { accepted?: readonly number[]; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  try {
    const { stdout } = await run(imageProgram, parameters, options.signal ? { signal: options.signal } : {})
    return stdout
  } catch (error) {
    if (options.signal?.aborted) throw error
    const failure = error as { code?: string | number; stdout?: string; stderr?: string }
    if (failure.code === 'ENOENT') throw new QemuMissingError([imageProgram], { cause: error })
    if (typeof failure.code === 'number' && options.accepted?.includes(failure.code)) {
      return failure.stdout ?? ''
    }
    const reason = failure.stderr?.trim() || (error as Error).message
    throw new QemuImgError(`qemu-img ${parameters[0]}: ${reason}`, { cause: error })
  }
}
