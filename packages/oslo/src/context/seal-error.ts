/**
 * Why a sealed context was not opened: `seal_invalid` (altered, cut, bound to another operation, or another key),
 * `seal_version` (sealed by a release that this one does not know), `seal_recipient` (meant for another host).
 */
export type SealErrorCode = 'seal_invalid' | 'seal_version' | 'seal_recipient'

/** A sealed context was not opened. Trying again does not help. */
export class SealError extends Error {
  override name = 'SealError'
  readonly code: SealErrorCode

  constructor(code: SealErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A key file cannot be used. The message names the file and never its content. */
export class SealingKeyError extends Error {
  override name = 'SealingKeyError'
  readonly code = 'sealing_key_invalid'
}
