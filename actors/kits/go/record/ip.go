package record

import (
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

func parseIP(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	return address, err == nil && address.Zone() == ""
}

// AppendIPHex appends the address as one number in lower-case hex without leading zeros; nothing for any other text.
func AppendIPHex(dst []byte, text string) []byte {
	address, ok := parseIP(text)
	if !ok {
		return dst
	}
	if address.Is4() {
		return strconv.AppendUint(dst, ipv4Number(address), 16)
	}
	return append(dst, ipv6Number(address).Text(16)...)
}

// IPDecimal is the address as one decimal number; empty for any other text.
func IPDecimal(text string) string {
	address, ok := parseIP(text)
	if !ok {
		return ""
	}
	if address.Is4() {
		return strconv.FormatUint(ipv4Number(address), 10)
	}
	return ipv6Number(address).String()
}

func ipv4Number(address netip.Addr) uint64 {
	b := address.As4()
	return uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
}

func ipv6Number(address netip.Addr) *big.Int {
	bytes := address.As16()
	return new(big.Int).SetBytes(bytes[:])
}

// ipText is the address of a record's number in the usual form; an invalid number unchanged.
func ipText(number string, base int) string {
	if number == "" || len(number) > 39 || strings.ContainsAny(number, "+-_") {
		return number
	}
	value, ok := new(big.Int).SetString(number, base)
	if !ok || value.BitLen() > 128 {
		return number
	}
	var bytes [16]byte
	value.FillBytes(bytes[:])
	address := netip.AddrFrom16(bytes)
	if value.BitLen() <= 32 {
		return netip.AddrFrom4([4]byte(bytes[12:])).String()
	}
	return address.Unmap().String()
}
