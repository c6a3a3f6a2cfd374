package contract

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// maxTextBytes limits the texts in a reply, so that the rejection of one event always fits a message.
const maxTextBytes = 1_000

// AppendReceipt encodes the reply to a request that succeeded, in the format of the request.
func AppendReceipt(dst []byte, receipt *Receipt, format int) []byte {
	dst = msgp.AppendString(appendVersion(dst, 1, format), "receipt")
	dst = appendBatchName(msgp.AppendMapHeader(dst, 5), receipt.BatchName)
	dst = appendNumber(dst, "stored", int64(receipt.Stored))
	dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "placements"), uint32(len(receipt.Placements)))
	for _, one := range receipt.Placements {
		dst = appendText(msgp.AppendMapHeader(dst, 5), "topic", one.Topic)
		dst = appendNumber(dst, "partition", int64(one.Partition))
		dst = appendText(dst, "offset", one.Offset)
		dst = appendNumber(dst, "count", int64(one.Count))
		dst = appendNumber(dst, "at", one.At)
	}
	dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "rejected"), uint32(len(receipt.Rejected)))
	for _, one := range receipt.Rejected {
		fields := uint32(4)
		if one.Detail != "" {
			fields++
		}
		dst = appendNumber(msgp.AppendMapHeader(dst, fields), "index", int64(one.Index))
		dst = appendText(dst, "topic", one.Topic)
		dst = appendText(dst, "stage", one.Stage)
		dst = appendText(dst, "reason", one.Reason)
		if one.Detail != "" {
			dst = appendText(dst, "detail", Cut(one.Detail))
		}
	}
	return dst
}

// AppendFailure encodes the reply to a request that failed. A request of a newer format is answered with the formats that
// this actor reads, so that the sender writes one of them.
func AppendFailure(dst []byte, failure *Failure, format int) []byte {
	fields := uint32(1)
	if failure.isNewer {
		fields++
	}
	dst = msgp.AppendString(appendVersion(dst, fields, format), "failure")
	dst = appendText(msgp.AppendMapHeader(dst, 2), "reason", string(failure.Reason))
	dst = appendText(dst, "message", Cut(failure.Message))
	if failure.isNewer {
		dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "formats"), Newest)
		for format := 1; format <= Newest; format++ {
			dst = msgp.AppendInt(dst, format)
		}
	}
	return dst
}

// AppendStepResult encodes the reply of a step. Parameters are written in the order of their names, so that a retry gets
// the same bytes.
func AppendStepResult(dst []byte, result *StepResult) []byte {
	dst = msgp.AppendString(appendVersion(dst, 1, Newest), "step")
	dst = appendBatchName(msgp.AppendMapHeader(dst, 4), result.BatchName)
	dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "added"), uint32(len(result.Added)))
	names := make([]string, 0, 8)
	for _, one := range result.Added {
		dst = appendNumber(msgp.AppendMapHeader(dst, 2), "index", int64(one.Index))
		dst = msgp.AppendMapHeader(msgp.AppendString(dst, "params"), uint32(len(one.Params)))
		names = names[:0]
		for name := range one.Params {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			dst = appendText(dst, name, one.Params[name])
		}
	}
	dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "failed"), uint32(len(result.Failed)))
	for _, one := range result.Failed {
		dst = appendNumber(msgp.AppendMapHeader(dst, 2), "index", int64(one.Index))
		dst = appendText(dst, "message", Cut(one.Message))
	}
	return dst
}

// Cut shortens a text that a reply carries, at a character.
func Cut(text string) string {
	if len(text) <= maxTextBytes {
		return text
	}
	end := maxTextBytes
	for end > 0 && text[end]&0xc0 == 0x80 {
		end--
	}
	return text[:end] + "…"
}
