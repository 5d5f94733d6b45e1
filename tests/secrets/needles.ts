// A search for secrets in any of the forms in which they could lie about: as text, as bytes, in base64 or hex, whole or in
// pieces of 24 characters.

/** Bytes of a piece that is long enough to be told. */
const pieceLength = 24
/** Every common piece of that length covers one block of the hay that begins at a multiple of `stride`. */
const blockLength = 12
const stride = pieceLength - blockLength + 1

export interface Secret {
  /** What it is, for the report; never the secret itself. */
  name: string
  text: string
}

/** What was found: whose piece, and where. */
export interface Finding {
  name: string
  offset: number
}

interface Form {
  name: string
  bytes: Buffer
}

/** Searches bytes for pieces of secrets. */
export class SecretSearch {
  readonly #forms: Form[] = []
  /** Blocks of the forms, by their content; the number is `form * 2 ** 32 + offset`. */
  readonly #blocks = new Map<string, number>()

  constructor(secrets: readonly Secret[]) {
    for (const { name, text } of secrets) for (const bytes of formsOf(text)) this.#add({ name, bytes })
  }

  /** The first finding of each secret. */
  in(hay: Buffer): Finding[] {
    const found = new Map<string, Finding>()
    for (let at = 0; at + blockLength <= hay.length; at += stride) {
      const place = this.#blocks.get(hay.toString('latin1', at, at + blockLength))
      if (place === undefined) continue
      const form = this.#forms[Math.floor(place / 2 ** 32)]!
      const begin = extent(form.bytes, place % 2 ** 32, hay, at)
      if (begin !== undefined && !found.has(form.name))
        found.set(form.name, { name: form.name, offset: begin })
    }
    return [...found.values()]
  }

  #add(form: Form): void {
    if (form.bytes.length < pieceLength) return
    const index = this.#forms.push(form) - 1
    for (let at = 0; at + blockLength <= form.bytes.length; at++) {
      const block = form.bytes.toString('latin1', at, at + blockLength)
      if (!this.#blocks.has(block)) this.#blocks.set(block, index * 2 ** 32 + at)
    }
  }
}

/** Where in the hay a piece begins that holds the block and is long enough; undefined: there is none. */
function extent(form: Buffer, inForm: number, hay: Buffer, inHay: number): number | undefined {
  let before = 0
  while (before < inForm && before < inHay && form[inForm - before - 1] === hay[inHay - before - 1]) before++
  let after = blockLength
  while (
    inForm + after < form.length &&
    inHay + after < hay.length &&
    form[inForm + after] === hay[inHay + after]
  ) {
    after++
  }
  return before + after >= pieceLength ? inHay - before : undefined
}

function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  // Base64 depends on where in a group of three bytes the text begins; its first and last characters on what is beside.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const coded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const inner = coded.slice(shift === 0 ? 0 : shift + 1, -1)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = bytes.toString('hex')
  // Tokens and keys are base64url themselves: their bytes could be stored.
  const decoded = Buffer.from(text, 'base64url')
  const inside = [decoded, Buffer.from(decoded.toString('hex')), Buffer.from(decoded.toString('base64'))]
  return [bytes, ...[...base64, hex, hex.toUpperCase()].map((form) => Buffer.from(form)), ...inside]
}
