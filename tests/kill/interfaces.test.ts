import { killInDeviceOperations } from './moving-cases.ts'

killInDeviceOperations('attach-interface', 'detach-interface')
