import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader'

/** What proto-loader tells of a message (DescriptorProto of google/protobuf/descriptor.proto). */
export interface MessageDescriptor {
  readonly name: string
  readonly field: readonly FieldDescriptor[]
  readonly nestedType: readonly MessageDescriptor[]
  readonly enumType: readonly EnumDescriptor[]
  readonly options: { readonly mapEntry?: boolean } | null
}

export interface FieldDescriptor {
  readonly name: string
  readonly label: string
  /** `TYPE_INT32` and the like. */
  readonly type: string
  /** Of a message or an enum, as the .proto names it: its scope says which one that is. */
  readonly typeName: string
}

export interface EnumDescriptor {
  readonly name: string
  readonly value: readonly { readonly name: string; readonly number: number }[]
}

/** A message or an enum by its full name. */
export interface NamedType<Descriptor = MessageDescriptor | EnumDescriptor> {
  readonly fullName: string
  readonly descriptor: Descriptor
}

/** All messages and enums of a .proto and its imports, those within messages too. */
export class MessageTypes {
  readonly #all = new Map<string, MessageDescriptor | EnumDescriptor>()

  constructor(definitions: PackageDefinition) {
    for (const [fullName, definition] of Object.entries(definitions)) {
      if ('format' in definition && typeof definition.format === 'string')
        this.#add(fullName, (definition as { readonly type: object }).type as MessageDescriptor | EnumDescriptor)
    }
  }

  /** The message that a method takes; undefined when it cannot be told. */
  requestOf({ type }: MessageTypeDefinition<object, object>): NamedType<MessageDescriptor> | undefined {
    const text = JSON.stringify(type)
    const { name } = type as MessageDescriptor
    // proto-loader makes a descriptor for each use, and leaves the package out.
    for (const [fullName, descriptor] of this.#all) {
      const same = descriptor.name === name && JSON.stringify(descriptor) === text
      if (same) return { fullName, descriptor: descriptor as MessageDescriptor }
    }
    return undefined
  }

  /** The type that a field names within a message: looked for in it, then outwards (proto3 language guide, name resolution). */
  resolve(typeName: string, within: string): NamedType | undefined {
    if (typeName.startsWith('.')) return this.#find(typeName.slice(1))
    for (let scope = within; ; scope = scope.slice(0, Math.max(0, scope.lastIndexOf('.')))) {
      const found = this.#find(scope === '' ? typeName : `${scope}.${typeName}`)
      if (found || scope === '') return found
    }
  }

  #find(fullName: string): NamedType | undefined {
    const descriptor = this.#all.get(fullName)
    return descriptor && { fullName, descriptor }
  }

  #add(fullName: string, descriptor: MessageDescriptor | EnumDescriptor): void {
    this.#all.set(fullName, descriptor)
    if (!('field' in descriptor)) return
    for (const inner of [...descriptor.nestedType, ...descriptor.enumType])
      this.#add(`${fullName}.${inner.name}`, inner)
  }
}
