import { ClientException } from './errors.ts'
import type { SentRequest, SessionHooks } from './hooks.ts'

/** The part of a span of `@opentelemetry/api` that is used. */
interface Span {
  setAttribute(name: string, value: string | number): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

/** The part of `@opentelemetry/api` that is used, so that nothing depends on it. */
export interface OpenTelemetryApi<Context = unknown> {
  trace: {
    getTracer(name: string): {
      startActiveSpan<T>(
        name: string,
        options: { kind: number; attributes: Record<string, string | number> },
        work: (span: Span) => Promise<T>,
      ): Promise<T>
    }
  }
  propagation: { inject(context: Context, carrier: Record<string, string>): void }
  context: { active(): Context }
}

// Of the enumerations SpanKind and SpanStatusCode.
const clientKind = 2
const errorStatus = 2

/**
 * A client span around each sending, by the semantic conventions for HTTP, and its context in the headers (`traceparent`).
 *
 * @param api `import * as api from '@opentelemetry/api'`
 * @example new Session({ auth, hooks: openTelemetryHooks(api) })
 * @see OpenTelemetry semantic conventions, HTTP client spans
 */
export function openTelemetryHooks<Context>(api: OpenTelemetryApi<Context>): SessionHooks {
  const tracer = api.trace.getTracer('@longhaul/keystoneauth')
  return {
    around: (request, send) =>
      tracer.startActiveSpan(
        request.method,
        { kind: clientKind, attributes: attributesOf(request) },
        async (span) => {
          const headers: Record<string, string> = {}
          api.propagation.inject(api.context.active(), headers)
          try {
            const response = await send(headers)
            span.setAttribute('http.response.status_code', response.status)
            if (response.requestId !== undefined)
              span.setAttribute('openstack.request_id', response.requestId)
            if (response.status >= 400) fail(span, String(response.status))
            return response
          } catch (error) {
            fail(span, error instanceof ClientException ? error.code : 'other')
            throw error
          } finally {
            span.end()
          }
        },
      ),
  }
}

function attributesOf({ method, url, serviceType, purpose }: SentRequest): Record<string, string | number> {
  const { hostname, port, protocol } = new URL(url)
  const usual = protocol === 'https:' ? 443 : 80
  return {
    'http.request.method': method,
    'url.full': url,
    'server.address': hostname,
    'server.port': port === '' ? usual : Number(port),
    ...(serviceType === undefined ? {} : { 'openstack.service_type': serviceType }),
    ...(purpose === undefined ? {} : { 'openstack.purpose': purpose }),
  }
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: errorStatus })
}
