package contract

import (
	"math"
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// maxSafeInteger is the largest integer that every reader of the messages represents exactly.
const maxSafeInteger = 1<<53 - 1

// reader decodes MessagePack. After the first error it returns zero values, and err keeps that error.
type reader struct {
	rest []byte
	err  error
}

func newReader(payload []byte) *reader {
	r := &reader{rest: payload}
	if len(payload) > 2*MaxMessageBytes {
		r.err = Failf(TooLarge, "a message of %d bytes exceeds the limit of %d bytes", len(payload), 2*MaxMessageBytes)
	}
	return r
}

func (r *reader) fail(message string) {
	if r.err == nil {
		r.err = Failf(Unreadable, "%s", message)
	}
	r.rest = nil
}

func take[A any](r *reader, read func([]byte) (A, []byte, error)) A {
	var none A
	if r.err != nil {
		return none
	}
	value, rest, err := read(r.rest)
	if err != nil {
		r.fail("the message is not valid MessagePack of its schema: " + err.Error())
		return none
	}
	r.rest = rest
	return value
}

// end fails unless everything was read.
func (r *reader) end() {
	if r.err == nil && len(r.rest) > 0 {
		r.fail("the message has bytes after its end")
	}
}

// mapOf calls field with each key of a map; field reads the value, or returns false to have it skipped.
func (r *reader) mapOf(field func(key string) bool) {
	size := r.count(take(r, msgp.ReadMapHeaderBytes), 2)
	for i := 0; i < size && r.err == nil; i++ {
		key := take(r, msgp.ReadStringZC)
		if r.err == nil && !field(string(key)) {
			r.skip()
		}
	}
}

func (r *reader) skip() {
	if r.err != nil {
		return
	}
	rest, err := msgp.Skip(r.rest)
	if err != nil {
		r.fail("the message is not valid MessagePack: " + err.Error())
		return
	}
	r.rest = rest
}

// count checks a length against the bytes that are left, so that a false one allocates nothing.
func (r *reader) count(size uint32, bytesEach int) int {
	if r.err == nil && int(size)*bytesEach > len(r.rest) {
		r.fail("a length in the message exceeds the message")
	}
	if r.err != nil {
		return 0
	}
	return int(size)
}

func (r *reader) listLen() int { return r.count(take(r, msgp.ReadArrayHeaderBytes), 1) }

func (r *reader) text() string { return take(r, msgp.ReadStringBytes) }

// bytes returns a part of the message itself, not a copy.
func (r *reader) bytes() []byte { return take(r, msgp.ReadBytesZC) }

func (r *reader) integer() int64 {
	var value int64
	if r.err == nil && msgp.NextType(r.rest) == msgp.Float64Type {
		value = r.float()
	} else {
		value = take(r, msgp.ReadInt64Bytes)
	}
	if value > maxSafeInteger || value < -maxSafeInteger {
		r.fail("an integer in the message has more than 53 bits")
		return 0
	}
	return value
}

// float reads an integer that was written as floating point, as Spoor did up to 0.3.0 for integers of more than 32 bits.
func (r *reader) float() int64 {
	number := take(r, msgp.ReadFloat64Bytes)
	if number != math.Trunc(number) || math.Abs(number) > maxSafeInteger {
		r.fail("a number of the message is not an integer")
		return 0
	}
	return int64(number)
}

// whole reads a count or an index: a non-negative integer.
func (r *reader) whole() int {
	value := r.integer()
	if value < 0 {
		r.fail("a count in the message is negative")
		return 0
	}
	return int(value)
}

func (r *reader) texts() []string {
	list := make([]string, 0, r.listLen())
	for i := cap(list); i > 0 && r.err == nil; i-- {
		list = append(list, r.text())
	}
	return list
}

// numbers reads a list of non-negative integers, perEvent for each event.
func (r *reader) numbers(perEvent int) []int64 {
	list := make([]int64, 0, r.listLen())
	for i := cap(list); i > 0 && r.err == nil; i-- {
		number := r.integer()
		if number < 0 {
			r.fail("a number of the message is negative")
		}
		list = append(list, number)
	}
	if len(list)%perEvent != 0 {
		r.fail("the numbers of the message do not belong to whole events")
	}
	return list
}

// version reads the field v.
func (r *reader) version() int {
	version := r.whole()
	if r.err == nil && (version < 1 || version > Newest) {
		r.err = &Failure{Reason: Unreadable, Message: "the message has format " + strconv.Itoa(version) + "; this instance reads 1 and 2", isNewer: version > Newest}
		r.rest = nil
	}
	return version
}

// appendInt writes an integer in the shortest form.
func appendInt(dst []byte, value int64) []byte {
	if value < 0 {
		return msgp.AppendInt64(dst, value)
	}
	return msgp.AppendUint64(dst, uint64(value))
}

func appendText(dst []byte, key, value string) []byte {
	return msgp.AppendString(msgp.AppendString(dst, key), value)
}

func appendNumber(dst []byte, key string, value int64) []byte {
	return appendInt(msgp.AppendString(dst, key), value)
}
