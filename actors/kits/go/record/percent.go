package record

import (
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789ABCDEF"

// AppendEncoded appends the value by RFC 3986: every byte except A-Z a-z 0-9 - . _ ~ becomes %XX.
func AppendEncoded(dst []byte, value string) []byte {
	for i := 0; i < len(value); i++ {
		one := value[i]
		if isUnreserved(one) {
			dst = append(dst, one)
		} else {
			dst = append(dst, '%', hexDigits[one>>4], hexDigits[one&15])
		}
	}
	return dst
}

func isUnreserved(one byte) bool {
	return one|32-'a' < 26 || one-'0' < 10 || one == '-' || one == '.' || one == '_' || one == '~'
}

// Decode returns the text of a percent-encoded value. It never fails: a % without two hex digits stays, and invalid UTF-8
// becomes U+FFFD. With plusIsSpace, as in forms, + is a space.
func Decode(value string, plusIsSpace bool) string {
	if strings.IndexByte(value, '%') == -1 && (!plusIsSpace || strings.IndexByte(value, '+') == -1) {
		return ValidText(value)
	}
	bytes := make([]byte, 0, len(value))
	for at := 0; at < len(value); at++ {
		one := value[at]
		switch {
		case one == '+' && plusIsSpace:
			one = ' '
		case one == '%' && at+2 < len(value):
			high, low := hexValue(value[at+1]), hexValue(value[at+2])
			if high >= 0 && low >= 0 {
				one = byte(high<<4 | low)
				at += 2
			}
		}
		bytes = append(bytes, one)
	}
	return ValidText(string(bytes))
}

func hexValue(digit byte) int {
	switch {
	case digit-'0' < 10:
		return int(digit - '0')
	case digit|32-'a' < 6:
		return int(digit|32-'a') + 10
	}
	return -1
}

// ValidText is the text with U+FFFD for each maximal part of an invalid UTF-8 sequence, as the Encoding Standard of the
// web has it, so that keys from Go and from TypeScript are the same.
func ValidText(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var valid strings.Builder
	valid.Grow(len(text) + 8)
	for len(text) > 0 {
		char, size := utf8.DecodeRuneInString(text)
		if char == utf8.RuneError && size == 1 {
			size = maximalPart(text)
		}
		valid.WriteRune(char)
		text = text[size:]
	}
	return valid.String()
}

// maximalPart is the number of bytes at the start of an invalid text that begin a valid character.
func maximalPart(text string) int {
	low, high, length := byte(0x80), byte(0xbf), 0
	switch first := text[0]; {
	case first >= 0xc2 && first <= 0xdf:
		length = 2
	case first >= 0xe0 && first <= 0xef:
		length = 3
		if first == 0xe0 {
			low = 0xa0
		} else if first == 0xed {
			high = 0x9f
		}
	case first >= 0xf0 && first <= 0xf4:
		length = 4
		if first == 0xf0 {
			low = 0x90
		} else if first == 0xf4 {
			high = 0x8f
		}
	}
	at := 1
	for at < length && at < len(text) && text[at] >= low && text[at] <= high {
		low, high = 0x80, 0xbf
		at++
	}
	return at
}
