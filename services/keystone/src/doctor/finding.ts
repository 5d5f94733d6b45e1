/** What the doctor found out about one thing. */
export interface Finding {
  /** `fernet_keys`, `database` and so on. */
  check: string
  /** A note is something to know; only a problem is to be mended. */
  level: 'ok' | 'note' | 'problem'
  message: string
}

/** Collects what one check finds; if there is nothing else to say it says that all is well. */
export class Findings {
  readonly #check: string
  readonly #found: Finding[] = []

  constructor(check: string) {
    this.#check = check
  }

  note(message: string): void {
    this.#found.push({ check: this.#check, level: 'note', message })
  }

  problem(message: string): void {
    this.#found.push({ check: this.#check, level: 'problem', message })
  }

  /** @param well what to say if nothing was found */
  end(well: string): Finding[] {
    if (this.#found.length > 0) return this.#found
    return [{ check: this.#check, level: 'ok', message: well }]
  }
}

/** A span of time for people. */
export function inWords(seconds: number): string {
  const [size, unit] =
    seconds >= 2 * 86_400 ? [86_400, 'days'] : seconds >= 7200 ? [3600, 'hours'] : [60, 'minutes']
  return `${Math.round((seconds / size) * 10) / 10} ${unit}`
}
