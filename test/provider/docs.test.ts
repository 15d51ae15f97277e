import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'
import { expect, test } from 'vitest'
import { parseProvider } from '../../src/provider/load.ts'
import { PROVIDERS } from '../../src/provider/services/index.ts'
import { section } from './providers-doc.ts'

const path = join(import.meta.dirname, '../../docs/providers.md')
const MARK = '<!-- From here on written by `npx vitest run test/provider/docs.test.ts -u` from src/provider/. -->'

test('the documentation of providers shows the data of each', async () => {
  const [byHand = ''] = readFileSync(path, 'utf8').split(MARK)
  const sections = PROVIDERS.toSorted((a, b) => a.id.localeCompare(b.id)).map(section)
  const style = JSON.parse(readFileSync(join(import.meta.dirname, '../../.prettierrc.json'), 'utf8'))
  const text = await format([byHand + MARK, '', ...sections].join('\n'), { ...style, parser: 'markdown' })
  await expect(text).toMatchFileSnapshot(path)
})

test("the documentation's example of a file of one's own can be used", () => {
  const [, example] = /```yaml\n(.*?)```/su.exec(readFileSync(path, 'utf8')) ?? []
  expect(parseProvider(example ?? '', 'example.yml')).toMatchObject({
    id: 'acme-postgres',
    notGrantable: ['SUPERUSER'],
  })
})
