package projection

import (
	"slices"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/record"
)

// bitmapBits is the number of events per bitmap of seen ids.
const bitmapBits = 4096

// seenGroup are events of one batch whose ids are in the same bitmap.
type seenGroup struct {
	bucket, field string
	// made is when their batch was claimed first, milliseconds since 1970.
	made          int64
	effects, bits []int
}

// plan is a batch of effects, arranged for one atomic write as bridge/projection-store/plan.ts arranges it: each table and
// key once, and event ids as bits of bitmaps. Places count from 0.
type plan struct {
	partition, next, end string
	offsets              []string
	unnamed              []int
	groups               []*seenGroup
	buckets              []string
	tables               []string
	keyTables            []int
	keyNames             []string
	addKeys, ends        []int
	addAmounts           []int64
}

type tableKey struct{ table, key string }

// planOf arranges the effects; their offsets must ascend.
func planOf(batch Batch) (*plan, error) {
	p := &plan{partition: batch.Topic + "-" + strconv.Itoa(int(batch.Partition))}
	keys := map[tableKey]int{}
	groups := map[string]*seenGroup{}
	last := int64(-1)
	for i, effect := range batch.Effects {
		if effect.Offset <= last {
			return nil, contract.Failf(contract.Unreadable, "these effects cannot be applied: offset %d is not greater than %d", effect.Offset, last)
		}
		last = effect.Offset
		p.offsets = append(p.offsets, strconv.FormatInt(effect.Offset, 10))
		if !p.group(groups, effect.ID, i) {
			p.unnamed = append(p.unnamed, i)
		}
		for _, add := range effect.Increments {
			p.addKeys = append(p.addKeys, p.place(keys, add.Table, record.ValidText(add.Key)))
			p.addAmounts = append(p.addAmounts, add.By)
		}
		p.ends = append(p.ends, len(p.addKeys))
	}
	p.next = strconv.FormatInt(last+1, 10)
	p.end = strconv.FormatInt(max(batch.End, last+1), 10)
	return p, nil
}

func (p *plan) place(keys map[tableKey]int, table, name string) int {
	known, ok := keys[tableKey{table, name}]
	if ok {
		return known
	}
	at := slices.Index(p.tables, table)
	if at == -1 {
		p.tables = append(p.tables, table)
		at = len(p.tables) - 1
	}
	p.keyTables = append(p.keyTables, at)
	p.keyNames = append(p.keyNames, name)
	keys[tableKey{table, name}] = len(p.keyNames) - 1
	return len(p.keyNames) - 1
}

// group adds an event to the group of its id; false for an id that is not one of Spoor's. A batch's id begins with the
// milliseconds of its creation as 12 hex digits; the first ten name the bucket.
func (p *plan) group(groups map[string]*seenGroup, id string, effect int) bool {
	batch, index, ok := splitEventID(id)
	if !ok {
		return false
	}
	name := batch + ":" + strconv.Itoa(index/bitmapBits)
	group := groups[name]
	if group == nil {
		made, _ := strconv.ParseInt(batch[:12], 16, 64)
		group = &seenGroup{bucket: batch[:10], field: name[10:], made: made}
		groups[name] = group
		p.groups = append(p.groups, group)
		if !slices.Contains(p.buckets, group.bucket) {
			p.buckets = append(p.buckets, group.bucket)
		}
	}
	group.effects = append(group.effects, effect)
	group.bits = append(group.bits, index%bitmapBits)
	return true
}

// splitEventID takes apart 32 hex digits, "-" and one to seven decimal digits.
func splitEventID(id string) (batch string, index int, ok bool) {
	if len(id) < 34 || len(id) > 40 || id[32] != '-' {
		return "", 0, false
	}
	for at := range 32 {
		if digit := id[at]; digit-'0' > 9 && digit-'a' > 5 {
			return "", 0, false
		}
	}
	for at := 33; at < len(id); at++ {
		if id[at]-'0' > 9 {
			return "", 0, false
		}
	}
	index, err := strconv.Atoi(id[33:])
	return id[:32], index, err == nil
}

// encoded is the plan as the script reads it. A group is remembered when its ids must still be stored if its events were
// counted; the margin is for differences of clocks.
func (p *plan) encoded(now, horizon int64) []byte {
	dst := msgp.AppendArrayHeader(nil, 8)
	dst = appendTexts(dst, p.offsets)
	dst = appendInts(dst, p.ends)
	dst = appendInts(dst, p.addKeys)
	dst = msgp.AppendArrayHeader(dst, uint32(len(p.addAmounts)))
	for _, amount := range p.addAmounts {
		dst = msgp.AppendInt64(dst, amount)
	}
	dst = appendInts(dst, p.keyTables)
	dst = appendTexts(dst, p.keyNames)
	dst = appendInts(dst, p.unnamed)
	dst = msgp.AppendArrayHeader(dst, uint32(len(p.groups)))
	for _, group := range p.groups {
		dst = msgp.AppendArrayHeader(dst, 5)
		dst = msgp.AppendInt(dst, slices.Index(p.buckets, group.bucket))
		dst = msgp.AppendString(dst, group.field)
		dst = appendInts(dst, group.effects)
		dst = appendInts(dst, group.bits)
		dst = msgp.AppendBool(dst, group.made > now-horizon/2)
	}
	return dst
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = msgp.AppendArrayHeader(dst, uint32(len(texts)))
	for _, text := range texts {
		dst = msgp.AppendString(dst, text)
	}
	return dst
}

func appendInts(dst []byte, numbers []int) []byte {
	dst = msgp.AppendArrayHeader(dst, uint32(len(numbers)))
	for _, number := range numbers {
		dst = msgp.AppendInt(dst, number)
	}
	return dst
}
