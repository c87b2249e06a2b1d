# Endpoints, changes and records of PR-PORTS, made as Row.ps1 makes rows, but each only when it is taken: a
# pipeline that forgets them never has more than one, and .NET need not carry the others from one
# collection of garbage to the next. Their columns are numbers as they lay in the worker's memory: times
# in microseconds, like lines counted from a base, and what is no number by its place in a list, where
# -1 is nothing.

using namespace System.Linq
using namespace System.Linq.Expressions

$script:recordReaders = @{}

# Types of the columns whose numbers are not short.
$script:recordColumnTypes = @{
    Time = [uint]
    LocalPort = [ushort]
    RemotePort = [ushort]
    LineNumber = [ushort]
}

# A delegate: from columns and what their numbers stand for (RecordStream) to records.
function Get-RecordReader {
    param([type] $RecordType)

    if (-not $script:recordReaders.ContainsKey($RecordType)) {
        $script:recordReaders[$RecordType] = Build-RecordReader $RecordType
    }
    $script:recordReaders[$RecordType]
}

function Build-RecordReader {
    param([type] $RecordType)

    $columns = [Expression]::Parameter([RecordColumns])
    $stream = [Expression]::Parameter([RecordStream])
    $place = [Expression]::Parameter([int])
    $numbers = @{}
    $isEndpoint = [RecordedEndpoint].IsAssignableFrom($RecordType)
    $short = $isEndpoint ? [int] : [short]
    $bases = @{}
    [Expression[]] $unpacking = foreach ($column in [RecordColumns].GetProperties()) {
        if ($column.PropertyType -ne [byte[]]) {
            $bases[$column.Name] = [Expression]::Variable($column.PropertyType)
            [Expression]::Assign(
                $bases[$column.Name], [Expression]::Property($columns, $column))
            continue
        }
        $type = $script:recordColumnTypes[$column.Name] ?? $short
        $numbers[$column.Name] = [Expression]::Variable($type.MakeArrayType())
        Get-UnpackingStep $numbers[$column.Name] ([Expression]::Property($columns, $column))
    }
    $clock = @{
        Minute = [Expression]::Variable([long])
        Begin = [Expression]::Variable([datetime])
    }
    $made = @{
        Numbers = $numbers
        Bases = $bases
        Stream = $stream
        Place = $place
        Clock = $clock
    }
    $make = [Expression]::Lambda[Func[int, object]](
        (Get-RecordStep $RecordType @made), [ParameterExpression[]] $place)
    $places = [Expression]::Call([Enumerable].GetMethod('Range'), [Expression[]] @(
            [Expression]::Constant(0), [Expression]::ArrayLength($numbers.Template)))
    $records = [Expression]::Call(
        [Enumerable], 'Select', [type[]] @([int], [object]), [Expression[]] @($places, $make))
    $body = [Expression]::Block(
        [ParameterExpression[]] @($numbers.Values; $bases.Values; $clock.Values),
        [Expression[]] @($unpacking; $records))
    [Expression]::Lambda($body, [ParameterExpression[]] @($columns, $stream)).Compile()
}

# Makes the record at a place.
function Get-RecordStep {
    param(
        [type] $RecordType,
        [Collections.IDictionary] $Numbers,
        [Collections.IDictionary] $Bases,
        [ParameterExpression] $Stream,
        [ParameterExpression] $Place,
        [Collections.IDictionary] $Clock
    )
    $row = [Expression]::Variable($RecordType)
    $at = @{}
    foreach ($name in $Numbers.Keys) {
        $number = [Expression]::ArrayIndex($Numbers[$name], $Place)
        $at[$name] = [Expression]::Convert($number, $name -eq 'Time' ? [long] : [int])
    }
    $isThere = @{ LocalPort = [Expression]::NotEqual($at.LocalPort, [Expression]::Constant(0)) }
    $values = @{ LocalPort = $at.LocalPort; RemotePort = $at.RemotePort }
    $lists = @{ LocalAddress = 'Addresses'; RemoteAddress = 'Addresses' }
    if ($RecordType -eq [PRJoinedRecord]) {
        $lists.ProcessRecord = 'Processes'
    }
    foreach ($name in $lists.Keys) {
        $isThere[$name] = [Expression]::NotEqual($at[$name], [Expression]::Constant(-1))
        $values[$name] = Get-ListItem -Stream $Stream -List $lists[$name] -Number $at[$name]
    }
    $isThere.RemotePort = $isThere.RemoteAddress
    $template = Get-ListItem -Stream $Stream -List 'Templates' -Number $at.Template
    [Expression]::Block([ParameterExpression[]] $row, [Expression[]] @(
            [Expression]::Assign($row, (Get-CopyStep $template $RecordType))
            if (-not [RecordedEndpoint].IsAssignableFrom($RecordType)) {
                $time = [Expression]::Add($Bases.TimeBase, $at.Time)
                Get-TimeStep -Row $row -Microseconds $time -Clock $Clock
            }
            foreach ($name in $values.Keys) {
                $setting = Get-SettingStep -Row $row -Name $name -Value $values[$name]
                [Expression]::IfThen($isThere[$name], $setting)
            }
            if ($RecordType.GetProperty('LineNumber')) {
                $line = [Expression]::Add($Bases.LineBase, $at.LineNumber)
                Get-SettingStep -Row $row -Name 'LineNumber' -Value $line
            }
            [Expression]::Convert($row, [object])))
}

function Get-ListItem {
    param([Expression] $Stream, [string] $List, [Expression] $Number)

    [Expression]::Property([Expression]::Property($Stream, $List), 'Item', [Expression[]] $Number)
}

# Fills an array of numbers with the bytes of a column; one that did not come stays empty.
function Get-UnpackingStep {
    param([ParameterExpression] $Numbers, [Expression] $Bytes)

    $item = $Numbers.Type.GetElementType()
    $size = [Expression]::Constant([Runtime.InteropServices.Marshal]::SizeOf([type] $item))
    $length = [Expression]::ArrayLength($Bytes)
    $room = [Expression]::NewArrayBounds($item, [Expression[]] [Expression]::Divide($length, $size))
    $zero = [Expression]::Constant(0)
    $copy = [Buffer].GetMethod('BlockCopy')
    $fill = [Expression]::Call($copy, [Expression[]] ($Bytes, $zero, $Numbers, $zero, $length))
    [Expression]::IfThen(
        [Expression]::NotEqual($Bytes, [Expression]::Constant($null)),
        [Expression]::Block([Expression]::Assign($Numbers, $room), $fill))
}

function Get-SettingStep {
    param([Expression] $Row, [string] $Name, [Expression] $Value)

    $property = [Expression]::Property($Row, $Name)
    [Expression]::Assign($property, [Expression]::Convert($Value, $property.Type))
}

# Local time. To ask for the offset of each record would take longer than all else, so it is asked
# once a minute: that is, for each record that lies in another minute than the last one.
function Get-TimeStep {
    param([Expression] $Row, [Expression] $Microseconds, [Collections.IDictionary] $Clock)

    $perMinute = [Expression]::Constant([timespan]::TicksPerMinute)
    $since = [Expression]::Multiply($Microseconds, [Expression]::Constant(10L))
    $ticks = [Expression]::Add($since, [Expression]::Constant([datetime]::UnixEpoch.Ticks))
    $minute = [Expression]::Divide($ticks, $perMinute)
    $begin = [Expression]::Multiply($Clock.Minute, $perMinute)
    $addTicks = [datetime].GetMethod('AddTicks')
    $utc = [Expression]::Call(
        [Expression]::Constant([datetime]::new(0, 'Utc')), $addTicks, [Expression[]] $begin)
    $local = [Expression]::Call($utc, [datetime].GetMethod('ToLocalTime'))
    $ask = [Expression]::Block(
        [Expression]::Assign($Clock.Minute, $minute), [Expression]::Assign($Clock.Begin, $local))
    [Expression]::IfThen([Expression]::NotEqual($minute, $Clock.Minute), $ask)
    $rest = [Expression]::Subtract($ticks, $begin)
    $time = [Expression]::Call($Clock.Begin, $addTicks, [Expression[]] $rest)
    Get-SettingStep -Row $Row -Name 'Time' -Value $time
}

# Adds what the answer has of templates and addresses. Where their numbers begin at 0 again the lists
# are new ones: records that nobody took yet look into the old.
function Add-RecordTemplate {
    param([object] $Stream, [object] $Answer)

    if ($Answer.restart -or $null -eq $Stream.Templates) {
        $Stream.Templates = [Collections.Generic.List[object]]::new()
        $Stream.Addresses = [Collections.Generic.List[string]]::new()
    }
    if ($Answer.templates) {
        $Stream.Templates.AddRange($Answer.templates)
    }
    if ($Answer.addresses) {
        $Stream.Addresses.AddRange($Answer.addresses.Split("`n"))
    }
}
