package enricher

import (
	"net/netip"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/record"
)

// nowhere is the place of an address without one.
var nowhere = record.Place{Country: "XX", City: "XX"}

// places finds the place of an address. Without a database every place is unknown.
type places struct {
	database *maxminddb.Reader
	cache    cache[record.Place]
}

// openPlaces opens the first file of GEOIP_DB. A file that cannot be read is misconfigured.
func openPlaces(files string) (*places, error) {
	file, _, _ := strings.Cut(files, ",")
	if file = strings.TrimSpace(file); file == "" {
		return &places{}, nil
	}
	database, err := maxminddb.Open(file)
	if err != nil {
		return nil, contract.Failf(contract.Misconfigured, "GEOIP_DB names %q, which is not a usable database: %v.", file, err)
	}
	return &places{database: database}, nil
}

func (p *places) of(ip string) record.Place {
	if p.database == nil {
		return nowhere
	}
	return p.cache.of(ip, p.find)
}

// find reads country.iso_code (MaxMind and DB-IP) or country_code, and the English name of the city.
func (p *places) find(ip string) record.Place {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return nowhere
	}
	address = address.Unmap()
	if isReserved(address) {
		return nowhere
	}
	found := p.database.Lookup(address)
	place := nowhere
	read := func(into *string, path ...any) bool {
		text := ""
		if found.DecodePath(&text, path...) == nil && text != "" {
			*into = text
			return true
		}
		return false
	}
	if !read(&place.Country, "country", "iso_code") {
		read(&place.Country, "country_code")
	}
	read(&place.City, "city", "names", "en")
	return place
}

var reserved4 = prefixes("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3")
var reserved6 = prefixes("2001:db8::/32 3fff::/20 2001::/23")
var unicast6 = netip.MustParsePrefix("2000::/3")

func prefixes(text string) (all []netip.Prefix) {
	for one := range strings.FieldsSeq(text) {
		all = append(all, netip.MustParsePrefix(one))
	}
	return all
}

// isReserved reports whether an address has no place: private, local, documentation, multicast and otherwise reserved.
func isReserved(address netip.Addr) bool {
	if address.Is4() {
		return inAny(reserved4, address)
	}
	return !unicast6.Contains(address) || inAny(reserved6, address)
}

func inAny(prefixes []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
