import { killEverywhere } from './every-step.ts'

killEverywhere('create-server')
