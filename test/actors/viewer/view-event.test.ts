import { expect, test } from "bun:test"
import { typeOf, viewEvent } from "../../../actors/viewer/view-event.ts"
import { type Bytes, bytesOf } from "../../../contracts/event.ts"

const place = { topic: "events", partition: 1, offset: "42", timestamp: 1795206905922, id: "b-0" }

test("a pushtech record, taken apart", () => {
  const raw =
    "app_open type=Desktop&browser=Firefox&engine=Gecko&version=56.0&os=Mac&host=192.168.64.2&pod=nopod&ts=1510826008003&ip=ffffac110001&klag=266&country=DE&city=K%C3%B6ln text=caf%C3%A9+au+lait&a"
  expect(viewEvent({ ...place, value: raw as Bytes })).toEqual({
    ...place,
    raw,
    type: "app_open",
    klag: 266,
    address: "172.17.0.1",
    country: "DE",
    device: "Desktop",
    meta: [
      ["type", "Desktop"],
      ["browser", "Firefox"],
      ["engine", "Gecko"],
      ["version", "56.0"],
      ["os", "Mac"],
      ["host", "192.168.64.2"],
      ["pod", "nopod"],
      ["ts", "1510826008003"],
      ["ip", "ffffac110001"],
      ["klag", "266"],
      ["country", "DE"],
      ["city", "Köln"]
    ],
    params: [
      ["text", "café au lait"],
      ["a", ""]
    ]
  })
})

test("an adtekio record: the type is the last segment, times are milliseconds", () => {
  const value =
    "/t/fubar bot_name=Googlebot&country&device&device_name&ip=2130706433&klag=3&platform=&ts=1795206905 p"
  expect(viewEvent({ ...place, value: value as Bytes })).toMatchObject({
    type: "fubar",
    klag: 3000,
    address: "127.0.0.1",
    country: "",
    device: "Googlebot",
    params: []
  })
})

test("a record that cannot be read is still shown", () => {
  for (const raw of ["", "garbage", "a b", "a  b c d", "é ☃ \u0000"]) {
    const event = viewEvent({ ...place, value: bytesOf(raw) })
    expect(event).toMatchObject({ ...place, raw, address: "", params: [], meta: [] })
    expect(event.klag).toBeUndefined()
  }
  expect(typeOf(bytesOf("é ☃"))).toBe("é")
})
