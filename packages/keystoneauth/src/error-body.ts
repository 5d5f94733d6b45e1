const longestText = 500

/** Title and detail of an error body, in the forms that OpenStack services use. */
export interface ErrorText {
  message: string
  details?: string
}

// A string under one of these names is the message itself: older Neutron, Ironic, WSME, OAuth.
const plainMessages = [
  'message',
  'NeutronError',
  'error_message',
  'faultstring',
  'error_description',
  'error',
]

/**
 * Reads an error body.
 *
 * Known forms: `{error: {message}}` (Keystone), `{itemNotFound: {message}}` (Nova, Cinder), `{NeutronError: {message}}`,
 * `{errors: [{title, detail}]}` (Placement), `{message}` (Glance), HTML and plain text of WebOb and Werkzeug.
 *
 * @param fallback the status, for a body without a message
 * @param redacted takes out what the text may not repeat, before it is cut: the half of a secret would not be found
 */
export function readErrorBody(
  body: string,
  contentType: string,
  fallback: string,
  redacted: (text: string) => string = (text) => text,
): ErrorText {
  if (/json/.test(contentType) || /^\s*\{/.test(body)) {
    try {
      const { message = fallback, details } = fromJson(JSON.parse(body)) ?? {}
      return { message: redacted(message), ...(details === undefined ? {} : { details: redacted(details) }) }
    } catch {
      return { message: fallback }
    }
  }
  const isHtml = /html/.test(contentType) || /^\s*<(!doctype|html)/i.test(body)
  const text = isHtml ? fromHtml(body) : fromPlain(body)
  return { message: redacted(text).slice(0, longestText) || fallback }
}

function fromJson(value: unknown): ErrorText | undefined {
  if (!isRecord(value)) return undefined
  const list = value['errors']
  if (Array.isArray(list) && isRecord(list[0])) return textOf(list[0]['title'], list[0]['detail'])
  for (const entry of [value, ...Object.values(value)]) {
    if (isRecord(entry) && typeof entry['message'] === 'string')
      return textOf(entry['message'], entry['details'] ?? entry['detail'])
  }
  const plain = plainMessages.find((name) => typeof value[name] === 'string')
  return plain === undefined ? undefined : textOf(value[plain], undefined)
}

function textOf(message: unknown, details: unknown): ErrorText | undefined {
  // Glance puts `<br />` into its JSON.
  const [first, second] = [message, details]
    .map((text) => (typeof text === 'string' ? oneLine(text.replace(/<br ?\/?>/g, ' ')) : ''))
    .filter((text) => text !== '')
  if (first === undefined) return undefined
  return second === undefined ? { message: first } : { message: first, details: second }
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&nbsp;': ' ',
}

// The heading says what the status says already.
function fromHtml(html: string): string {
  return oneLine(
    html
      .replace(/<(head|title|h1|script|style)\b[\s\S]*?<\/\1>/gi, ' ')
      .replace(/<[a-z!/][^>]*>/gi, ' ')
      .replace(/&\w+;|&#\w+;/g, (entity) => entities[entity] ?? entity),
  )
}

// WebOb writes `404 Not Found` and an empty line above what happened.
function fromPlain(text: string): string {
  return oneLine(text.trim().replace(/^[45]\d\d [\w -]+\r?\n\s*\n/, ''))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
