# Records of PR-PORTS, made as Row.ps1 makes rows. Their columns are numbers as they lay in the
# worker's memory: times in microseconds, addresses and templates by their places in lists; -1 is
# nothing.

using namespace System.Linq.Expressions

$script:recordReaders = @{}

# A delegate: from columns, the list of templates and that of addresses to the array of records.
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
    $templates = [Expression]::Parameter([Collections.Generic.List[object]])
    $addresses = [Expression]::Parameter([Collections.Generic.List[string]])
    $row = [Expression]::Variable($RecordType)
    $place = [Expression]::Variable([int])
    $numbers = @{}
    [Expression[]] $unpacking = foreach ($column in [RecordColumns].GetProperties()) {
        $type = $column.Name -eq 'Time' ? [double[]] : [int[]]
        $numbers[$column.Name] = [Expression]::Variable($type)
        Get-UnpackingStep $numbers[$column.Name] ([Expression]::Property($columns, $column))
    }
    $at = @{}
    foreach ($name in $numbers.Keys) {
        $at[$name] = [Expression]::ArrayIndex($numbers[$name], $place)
    }
    $clock = @{
        Minute = [Expression]::Variable([long])
        Begin = [Expression]::Variable([datetime])
    }
    [Expression[]] $setting = @(
        Get-TimeStep ([Expression]::Property($row, 'Time')) $at.Time $clock
        foreach ($name in 'LocalAddress', 'RemoteAddress') {
            $text = [Expression]::Property($addresses, 'Item', [Expression[]] $at[$name])
            Get-OptionalStep ([Expression]::Property($row, $name)) $at[$name] $text
        }
        foreach ($name in 'LocalPort', 'RemotePort') {
            Get-OptionalStep ([Expression]::Property($row, $name)) $at[$name] $at[$name]
        }
        [Expression]::Assign([Expression]::Property($row, 'LineNumber'), $at.LineNumber)
    )
    $loop = Get-RowLoop -Row $row -Place $place -Numbers $numbers.Template -Templates $templates -Setting $setting
    $body = [Expression]::Block(
        [ParameterExpression[]] @($numbers.Values; $clock.Values), [Expression[]] @($unpacking; $loop))
    [Expression]::Lambda($body, [ParameterExpression[]] @($columns, $templates, $addresses)).Compile()
}

# Fills an array of numbers with the bytes of a column.
function Get-UnpackingStep {
    param([ParameterExpression] $Numbers, [Expression] $Bytes)

    $item = $Numbers.Type.GetElementType()
    $size = [Expression]::Constant([Runtime.InteropServices.Marshal]::SizeOf([type] $item))
    $length = [Expression]::ArrayLength($Bytes)
    $room = [Expression]::NewArrayBounds($item, [Expression[]] [Expression]::Divide($length, $size))
    $zero = [Expression]::Constant(0)
    $copy = [Buffer].GetMethod('BlockCopy')
    [Expression]::Assign($Numbers, $room)
    [Expression]::Call($copy, [Expression[]] @($Bytes, $zero, $Numbers, $zero, $length))
}

# Sets the property where the number says that there is something; templates have null there.
function Get-OptionalStep {
    param([Expression] $Property, [Expression] $Number, [Expression] $Value)

    [Expression]::IfThen(
        [Expression]::GreaterThanOrEqual($Number, [Expression]::Constant(0)),
        [Expression]::Assign($Property, [Expression]::Convert($Value, $Property.Type)))
}

# Local time. To ask for the offset of each record would take longer than all else, so it is asked
# once a minute: that is, for each record that lies in another minute than the last one.
function Get-TimeStep {
    param([Expression] $Property, [Expression] $Microseconds, [Collections.IDictionary] $Clock)

    $perMinute = [Expression]::Constant([timespan]::TicksPerMinute)
    $ticks = [Expression]::Add(
        [Expression]::Multiply([Expression]::Convert($Microseconds, [long]), [Expression]::Constant(10L)),
        [Expression]::Constant([datetime]::UnixEpoch.Ticks))
    $minute = [Expression]::Divide($ticks, $perMinute)
    $begin = [Expression]::Multiply($Clock.Minute, $perMinute)
    $addTicks = [datetime].GetMethod('AddTicks')
    $utc = [Expression]::Call(
        [Expression]::Constant([datetime]::new(0, 'Utc')), $addTicks, [Expression[]] $begin)
    $ask = [Expression]::Block([Expression[]] @(
            [Expression]::Assign($Clock.Minute, $minute)
            [Expression]::Assign($Clock.Begin, [Expression]::Call($utc, [datetime].GetMethod('ToLocalTime')))))
    [Expression]::IfThen([Expression]::NotEqual($minute, $Clock.Minute), $ask)
    [Expression]::Assign($Property, [Expression]::Call(
            $Clock.Begin, $addTicks, [Expression[]] [Expression]::Subtract($ticks, $begin)))
}
