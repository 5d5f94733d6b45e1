import type { Context, Middleware } from 'koa'
import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { challengeWhenUnauthorized, incomingJudge } from './incoming-message.ts'
import type { KeystoneRequest } from './verdict.ts'

declare module 'koa' {
  interface Request {
    /** Who calls; set behind {@link koaAuthToken}. */
    keystone: KeystoneRequest
  }
}

/**
 * auth_token as middleware of koa: `app.use(koaAuthToken(authToken))` before what needs to know its caller, who is then in
 * `ctx.request.keystone`.
 *
 * @see https://koajs.com
 */
export function koaAuthToken(authToken: AuthToken, options: AdapterOptions<Context> = {}): Middleware {
  const judge = incomingJudge(authToken, options)
  return async (ctx, next) => {
    const verdict = await judge(ctx, ctx.req, ctx.originalUrl)
    if (verdict.kind === 'rejected') {
      ctx.status = verdict.status
      ctx.set(verdict.headers)
      ctx.body = Buffer.from(verdict.body)
      return
    }
    challengeWhenUnauthorized(ctx.res, authToken.challenge)
    ctx.request.keystone = verdict.keystone
    await next()
  }
}
