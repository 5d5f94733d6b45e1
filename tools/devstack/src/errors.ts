/** Something the person at the keyboard can act on; its message is printed alone, without a stack. */
export class DevstackError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DevstackError'
    this.code = code
  }
}
