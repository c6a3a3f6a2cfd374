// Package record writes and reads the records that Spoor stores in Kafka, `event meta params`, in both dialects
// (contracts/README.md, "Records"). It is pure; strings hold bytes, which need not be UTF-8.
package record

import (
	"strconv"
	"strings"

	"spoor.dev/kit/contract"
)

// Device is what a user agent says; empty where unknown. Type is one of Desktop, Mobile, Tablet, TV, Console, Wearable,
// Bot and Unknown; Unknown only without a user agent.
type Device struct {
	Type, Browser, Engine, Version, OS, Model, BotName string
}

// Place is an ISO 3166 alpha-2 country and the English name of a city, XX where unknown.
type Place struct {
	Country, City string
}

// Append formats the record of an event. Now ends its lag: milliseconds since 1970.
func Append(dst []byte, event *contract.RawEvent, device *Device, place Place, now int64) []byte {
	if event.Dialect == contract.Adtekio {
		return appendAdtekio(dst, event, device, place, now)
	}
	return appendPushtech(dst, event, device, place, now)
}

// appendPushtech writes all keys in this order; an unknown value is empty.
func appendPushtech(dst []byte, event *contract.RawEvent, device *Device, place Place, now int64) []byte {
	dst = append(append(dst, EventType(event.Path)...), " type="...)
	dst = append(append(dst, device.Type...), "&browser="...)
	dst = append(AppendEncoded(dst, device.Browser), "&engine="...)
	dst = append(AppendEncoded(dst, device.Engine), "&version="...)
	dst = append(AppendEncoded(dst, device.Version), "&os="...)
	dst = append(AppendEncoded(dst, device.OS), "&host="...)
	dst = append(AppendEncoded(dst, event.Host), "&pod="...)
	dst = append(AppendEncoded(dst, event.Pod), "&ts="...)
	dst = append(strconv.AppendInt(dst, event.TS, 10), "&ip="...)
	dst = append(AppendIPHex(dst, event.IP), "&klag="...)
	dst = append(strconv.AppendInt(dst, now-event.TS, 10), "&country="...)
	dst = append(AppendEncoded(dst, place.Country), "&city="...)
	dst = append(AppendEncoded(dst, place.City), ' ')
	return append(dst, event.Query...)
}

// appendAdtekio writes all keys in alphabetical order; a key without a value has no "=", except platform.
func appendAdtekio(dst []byte, event *contract.RawEvent, device *Device, place Place, now int64) []byte {
	kind := strings.ToLower(device.Type)
	if device.Type == "Bot" || device.Type == "Unknown" {
		kind = ""
	}
	country := place.Country
	if country == "XX" {
		country = ""
	}
	dst = append(append(dst, event.Path...), ' ')
	dst = append(appendPair(dst, "bot_name", device.BotName), '&')
	dst = append(appendPair(dst, "country", country), '&')
	dst = append(appendPair(dst, "device", kind), '&')
	dst = append(appendPair(dst, "device_name", device.Model), '&')
	dst = append(appendPair(dst, "ip", IPDecimal(event.IP)), "&klag="...)
	dst = append(strconv.AppendInt(dst, floorDiv(now, 1000)-event.TS, 10), "&platform="...)
	dst = append(AppendEncoded(dst, asciiLower(device.OS)), "&ts="...)
	dst = append(strconv.AppendInt(dst, event.TS, 10), ' ')
	return append(dst, event.Query...)
}

func appendPair(dst []byte, key, value string) []byte {
	dst = append(dst, key...)
	if value == "" {
		return dst
	}
	return AppendEncoded(append(dst, '='), value)
}

// EventType is the last segment of a path that is not empty; "/" for the root path.
func EventType(path string) string {
	trimmed := strings.TrimRight(path, "/")
	if trimmed == "" {
		return "/"
	}
	return trimmed[strings.LastIndexByte(trimmed, '/')+1:]
}

// Received is when the edge received an event, in milliseconds since 1970.
func Received(event *contract.RawEvent) int64 {
	if event.Dialect == contract.Adtekio {
		return event.TS * 1000
	}
	return event.TS
}

func floorDiv(value, by int64) int64 {
	quotient := value / by
	if value%by < 0 {
		quotient--
	}
	return quotient
}

func asciiLower(text string) string {
	for i := 0; i < len(text); i++ {
		if text[i]-'A' < 26 {
			lower := []byte(text)
			for at, one := range lower {
				if one-'A' < 26 {
					lower[at] = one + 'a' - 'A'
				}
			}
			return string(lower)
		}
	}
	return text
}
