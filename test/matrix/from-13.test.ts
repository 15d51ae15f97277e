import { demoArrives, foreignArrives, serversFrom } from './arrives.ts'

serversFrom(13)
demoArrives([13])
foreignArrives(13, 18)
