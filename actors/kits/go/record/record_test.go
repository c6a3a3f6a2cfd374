package record

import (
	"testing"

	"spoor.dev/kit/contract"
)

func TestValuesAreEncodedAndDecoded(t *testing.T) {
	for value, wanted := range map[string]string{"": "", "aZ09-._~": "aZ09-._~", "a b+c%": "a%20b%2Bc%25", "\xff\x00é": "%FF%00%C3%A9", "[`{@": "%5B%60%7B%40", "/:": "%2F%3A"} {
		if found := string(AppendEncoded(nil, value)); found != wanted {
			t.Errorf("%q is %s", value, found)
		}
	}
	for value, wanted := range map[string]string{"a+b": "a b", "%C3%A9": "é", "%zz%": "%zz%", "%e2%82": "\ufffd", "%ff%fe": "\ufffd\ufffd", "%f0%9f%98x": "\ufffdx", "%ed%a0%80": "\ufffd\ufffd\ufffd", "%2": "%2", "%41": "A"} {
		if found := Decode(value, true); found != wanted {
			t.Errorf("%s is %q, wanted %q", value, found, wanted)
		}
	}
}

func TestAddressesAreNumbers(t *testing.T) {
	for _, one := range []struct{ text, hex, decimal string }{
		{"203.0.113.9", "cb007109", "3405803785"}, {"0.0.0.0", "0", "0"}, {"8.8.1.1", "8080101", "134742273"},
		{"2001:db8::1", "20010db8000000000000000000000001", "42540766411282592856903984951653826561"},
		{"::ffff:1.2.3.4", "ffff01020304", "281470698652420"}, {"::", "0", "0"},
		{"fe80::1%eth0", "", ""}, {"01.2.3.4", "", ""}, {"x", "", ""}, {"", "", ""},
	} {
		if hex, decimal := string(AppendIPHex(nil, one.text)), IPDecimal(one.text); hex != one.hex || decimal != one.decimal {
			t.Errorf("%s: %s %s", one.text, hex, decimal)
		}
	}
	for _, one := range []struct {
		number string
		base   int
		text   string
	}{{"cb007109", 16, "203.0.113.9"}, {"3405803785", 10, "203.0.113.9"}, {"20010db8000000000000000000000001", 16, "2001:db8::1"}, {"ffff01020304", 16, "1.2.3.4"}, {"zz", 16, "zz"}, {"", 10, ""}} {
		if found := ipText(one.number, one.base); found != one.text {
			t.Errorf("%s is %s", one.number, found)
		}
	}
}

func TestRecordsOfBothDialects(t *testing.T) {
	event := contract.RawEvent{TS: 1795206900000, IP: "203.0.113.9", Host: "trk.example.com", Pod: "10.1.2.3", Path: "/t/app_open/", Query: "a=\xff", UserAgent: "x"}
	device := Device{Type: "Mobile", Browser: "Mobile Safari", OS: "iOS", Model: "iPhone"}
	found := string(Append(nil, &event, &device, Place{"DE", "Köln"}, 1795206905922))
	wanted := "app_open type=Mobile&browser=Mobile%20Safari&engine=&version=&os=iOS&host=trk.example.com&pod=10.1.2.3&ts=1795206900000&ip=cb007109&klag=5922&country=DE&city=K%C3%B6ln a=\xff"
	if found != wanted {
		t.Error(found)
	}
	event = contract.RawEvent{Dialect: contract.Adtekio, TS: 1795206906, IP: "203.0.113.9", Path: "/t/click", Query: "f=e&g=h"}
	found = string(Append(nil, &event, &device, Place{"XX", "XX"}, 1795206905922))
	if found != "/t/click bot_name&country&device=mobile&device_name=iPhone&ip=3405803785&klag=-1&platform=ios&ts=1795206906 f=e&g=h" {
		t.Error(found)
	}
	found = string(Append(nil, &event, &Device{Type: "Bot", BotName: "Googlebot"}, Place{"US", "XX"}, 1795206905922))
	if found != "/t/click bot_name=Googlebot&country=US&device&device_name&ip=3405803785&klag=-1&platform=&ts=1795206906 f=e&g=h" {
		t.Error(found)
	}
}

func TestRecordsAreTakenApart(t *testing.T) {
	one, ok := Parse("gr%C3%BCn type=Desktop&ip=cb007109&country=DE&city=K%C3%B6ln action%5B%5D=a&action[1]=b&x=1&x=2")
	if !ok || one.Type() != "grün" || one.EncodedType() != "gr%C3%BCn" || one.MetaValue("city") != "Köln" || one.Address() != "203.0.113.9" {
		t.Fatal(one, ok)
	}
	if value, has := one.Param("x"); !has || value != "1" || one.List("action") != "a,b" || one.MetaValue("none") != "" {
		t.Fatal(value, one.List("action"))
	}
	click, ok := Parse("/t/click bot_name&country=US&ip=3405803785 p")
	if value, has := click.Param("p"); !ok || !click.IsAdtekio || click.Type() != "click" || click.Address() != "203.0.113.9" || has {
		t.Fatal(click, value)
	}
	for _, text := range []string{"", "a", "a b", "a b c", " type= c", "a type=x y z"} {
		if one, ok := Parse(text); ok {
			t.Errorf("%q is %v", text, one)
		}
	}
	if found := WithoutParams("a=1&%76isitor=2&&b=&visitor", func(name string) bool { return name == "visitor" }); found != "a=1&&b=" {
		t.Error(found)
	}
}

func TestEventTypes(t *testing.T) {
	for path, wanted := range map[string]string{"/": "/", "//": "/", "/t/a": "a", "/t/a/": "a", "/a//": "a"} {
		if found := EventType(path); found != wanted {
			t.Errorf("%s is %s", path, found)
		}
	}
}
