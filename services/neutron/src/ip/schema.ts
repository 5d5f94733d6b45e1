import { z } from 'zod'
import { formatAddress, parseAddress } from './address.ts'
import { formatCidr, parseCidr } from './cidr.ts'

const isRead = (value: unknown) => value !== undefined

/** An address in its canonical form. */
export const ipAddress = z
  .string()
  .max(64)
  .transform((text) => parseAddress(text))
  .refine(isRead, 'is not a valid IP address')
  .transform((address) => formatAddress(address))

/** A block whose bits behind the prefix are zero, in its canonical form. */
export const cidr = z
  .string()
  .max(64)
  .transform((text) => {
    const block = parseCidr(text)
    const [host = ''] = text.split('/')
    return block && parseAddress(host)?.value === block.first ? block : undefined
  })
  .refine(isRead, 'is not a recognized IP subnet cidr')
  .transform((block) => formatCidr(block))

/** A block, or an address that stands for itself alone. */
export const addressOrCidr = z.union([cidr, ipAddress])

/** In lower case with colons; not of a group. */
export const macAddress = z
  .string()
  .max(64)
  .transform((mac) => mac.toLowerCase().replaceAll('-', ':'))
  .refine((mac) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac), 'is not a valid MAC address')
  .refine((mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, 'is a MAC address of a group')
