import { killInDeviceOperations } from './moving-cases.ts'

killInDeviceOperations('attach-volume', 'detach-volume')
