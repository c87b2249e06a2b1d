# From the worker's columns to objects. A loop of PowerShell that sets one property after the other
# would take longer than all else together, so .NET compiles it, once for each kind of columns:
#
#     for each row: take a copy of the template that its number names, and set on it, of each column,
#     what stands there at the place of the row

using namespace System.Linq.Expressions

$script:cloneMethod = [object].GetMethod(
    'MemberwiseClone', [Reflection.BindingFlags] 'Instance, NonPublic')

$script:rowReaders = @{}

# A delegate: from columns and the list of templates to the array of rows.
function Get-RowReader {
    param([type] $ColumnsType, [type] $RowType)

    if (-not $script:rowReaders.ContainsKey($RowType)) {
        $script:rowReaders[$RowType] = Build-RowReader $ColumnsType $RowType
    }
    $script:rowReaders[$RowType]
}

function Build-RowReader {
    param([type] $ColumnsType, [type] $RowType)

    $columns = [Expression]::Parameter($ColumnsType)
    $templates = [Expression]::Parameter([Collections.Generic.List[object]])
    $rows = [Expression]::Variable([object[]])
    $row = [Expression]::Variable($RowType)
    $place = [Expression]::Variable([int])
    $numbers = [Expression]::Property($columns, 'Template')

    $number = [Expression]::ArrayIndex($numbers, $place)
    $template = [Expression]::Property($templates, 'Item', [Expression[]] $number)
    $copy = [Expression]::Convert([Expression]::Call($template, $script:cloneMethod), $RowType)
    [Expression[]] $steps = @(
        [Expression]::Assign($row, $copy)
        foreach ($column in $ColumnsType.GetProperties() -ne $numbers.Member) {
            Get-ColumnStep -Row $row -Columns $columns -Name $column.Name -Place $place
        }
        [Expression]::Assign([Expression]::ArrayAccess($rows, [Expression[]] $place), $row)
        [Expression]::PreIncrementAssign($place)
    )
    $done = [Expression]::Label()
    $isLeft = [Expression]::LessThan($place, [Expression]::ArrayLength($numbers))
    $loop = [Expression]::Loop([Expression]::IfThenElse(
            $isLeft, [Expression]::Block($steps), [Expression]::Break($done)), $done)
    $room = [Expression]::NewArrayBounds(
        [object], [Expression[]] [Expression]::ArrayLength($numbers))
    $body = [Expression]::Block(
        [ParameterExpression[]] @($rows, $row, $place),
        [Expression[]] @([Expression]::Assign($rows, $room), $loop, $rows))
    [Expression]::Lambda($body, [ParameterExpression[]] @($columns, $templates)).Compile()
}

# Sets what the column has for the row; a column may be left out.
function Get-ColumnStep {
    param([Expression] $Row, [Expression] $Columns, [string] $Name, [Expression] $Place)

    $column = [Expression]::Property($Columns, $Name)
    $property = [Expression]::Property($Row, $Name)
    $value = [Expression]::Convert([Expression]::ArrayIndex($column, $Place), $property.Type)
    [Expression]::IfThen(
        [Expression]::NotEqual($column, [Expression]::Constant($null)),
        [Expression]::Assign($property, $value))
}
