-- Makes events of the items of an EventList, which Fluent Bit has no filter of its own for.
function split(tag, timestamp, record)
  if type(record["items"]) ~= "table" then
    return 0, timestamp, record
  end
  return 2, timestamp, record["items"]
end
