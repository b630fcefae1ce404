import { writeFile } from 'node:fs/promises'
import { profileJsonSchema } from '../../harness/index.ts'

// A unit test compares the file with the schema, so that neither changes alone.
await writeFile(
  new URL('../../profiles/profile.schema.json', import.meta.url),
  `${JSON.stringify(profileJsonSchema(), null, 2)}\n`,
)
