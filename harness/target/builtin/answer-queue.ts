interface Place<Answer> {
  answer: Answer | undefined
}

/** Sends the answers of one connection in the order of its requests, however long each takes. */
export class AnswerQueue<Answer> {
  readonly #send: (answer: Answer) => void
  readonly #waiting: Place<Answer>[] = []
  #whenEmpty: (() => void) | undefined

  constructor(send: (answer: Answer) => void) {
    this.#send = send
  }

  /** Takes the next place; what it gives is to be called once, with the answer. */
  place(): (answer: Answer) => void {
    const place: Place<Answer> = { answer: undefined }
    this.#waiting.push(place)
    return (answer) => {
      place.answer = answer
      this.#flush()
    }
  }

  /** Calls back, once, as soon as nothing waits for its answer. */
  whenEmpty(callback: () => void): void {
    this.#whenEmpty = callback
    this.#flush()
  }

  #flush(): void {
    for (let first = this.#waiting[0]; first?.answer !== undefined; first = this.#waiting[0]) {
      this.#waiting.shift()
      this.#send(first.answer)
    }
    if (this.#waiting.length === 0) this.#whenEmpty?.()
  }
}
