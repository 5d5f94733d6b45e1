/** Why a QMP command has no result. */
export class QmpError extends Error {
  /** `qmp_command_failed`: QEMU refused it; the others: there was no answer. */
  readonly code: 'qmp_command_failed' | 'qmp_disconnected' | 'qmp_timeout'
  /** QEMU's error class, such as `DeviceNotFound`. */
  readonly class: string | undefined
  readonly command: string | undefined

  constructor(
    code: QmpError['code'],
    message: string,
    details: { class?: string; command?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'QmpError'
    this.code = code
    this.class = details.class
    this.command = details.command
  }
}
