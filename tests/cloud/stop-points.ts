import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Stops nova's processes at points that a test chooses; see `stop-at.ts`. */
export class StopPoints {
  readonly #directory = mkdtempSync(join(tmpdir(), 'longhaul-points-'))

  /** What the cloud's processes have to be started with. */
  get nodeOptions(): string {
    const preload = pathToFileURL(join(import.meta.dirname, 'stop-at.ts'))
    preload.search = encodeURIComponent(this.#directory)
    return `--import=${preload.href}`
  }

  /**
   * @param point such as `create-image step extract done` or `job backup progress`; the next process that comes there
   *   stops, once
   */
  arm(point: string): void {
    rmSync(this.#file('reached'), { force: true })
    writeFileSync(this.#file('armed.new'), point)
    renameSync(this.#file('armed.new'), this.#file('armed'))
  }

  disarm(): void {
    rmSync(this.#file('armed'), { force: true })
  }

  /** The process that stands at the armed point. */
  reached(): number | undefined {
    if (!existsSync(this.#file('reached'))) return undefined
    const pid = Number(readFileSync(this.#file('reached'), 'utf8'))
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T') ? pid : undefined
  }

  /** The conductor that has told the last step. */
  executor(): number | undefined {
    if (!existsSync(this.#file('executor'))) return undefined
    return Number(readFileSync(this.#file('executor'), 'utf8'))
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #file(name: string): string {
    return join(this.#directory, name)
  }
}
